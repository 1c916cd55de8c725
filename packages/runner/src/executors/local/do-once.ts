import { toPlainError } from '@attribution-bench/contract';
import { answerMs } from '../../isolation/limits.js';
import { silentError } from '../../isolation/process-failures.js';
import type { UserCode } from '../../isolation/user-code.js';
import type { Work, WorkMessage, WorkResult } from '../../model/work.js';
import { openUserProcesses } from './user-processes.js';

/** Does one short step in a process of its own. It fails when it takes longer than the limit, by default that of an answer. */
export async function doOnce(
  work: Work,
  code: UserCode,
  onMessage: (message: WorkMessage) => void,
  limitMs = answerMs,
): Promise<WorkResult> {
  const processes = openUserProcesses(1);
  const running = processes.start(work, code, onMessage);
  const limit = setTimeout(() => running.process?.end(), limitMs);
  try {
    const result = await running.result;
    if (result.status !== 'cancelled') return result;
    return { status: 'failed', error: toPlainError(silentError(limitMs)) };
  } finally {
    clearTimeout(limit);
    processes.close();
  }
}
