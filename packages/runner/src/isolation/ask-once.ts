import { toPlainError } from '@attribution-bench/contract';
import type { Work, WorkMessage, WorkResult } from '../run/work.js';
import { answerMs } from './limits.js';
import type { UserModule } from './messages.js';
import type { UserCode } from './user-code.js';
import { silentError, startUserProcess } from './user-process.js';
import { loadError, openUserProcesses } from './user-processes.js';

/** What a user's module declares, asked in a process of its own. @throws BenchError as the module's loader, or USER_CODE_* */
export async function declarationIn(module: UserModule): Promise<unknown> {
  const process = startUserProcess();
  try {
    return await process.ask({ ask: 'load', module }, { limitMs: answerMs });
  } catch (error) {
    throw loadError(error, `${module.kind} "${module.use}"`);
  } finally {
    process.end();
  }
}

/** Does one short step in a process of its own. It fails when it takes longer than user code may take to answer. */
export async function doOnce(
  work: Work,
  code: UserCode,
  onMessage: (message: WorkMessage) => void,
): Promise<WorkResult> {
  const processes = openUserProcesses(1);
  const running = processes.start(work, code, onMessage);
  const limit = setTimeout(() => running.process?.end(), answerMs);
  const result = await running.result;
  clearTimeout(limit);
  processes.close();
  if (result.status !== 'cancelled') return result;
  return { status: 'failed', error: toPlainError(silentError(answerMs)) };
}
