import { BenchError } from '@attribution-bench/contract';
import { answerMs } from './limits.js';
import type { UserModule } from './messages.js';
import { isUserCodeFailure } from './user-code-failure.js';
import { startUserProcess, type UserProcess } from './user-process.js';

/** Loads a user's module into a process; what it declares. @throws BenchError as the module's loader, or USER_CODE_* */
export async function loadModule(process: UserProcess, module: UserModule): Promise<unknown> {
  try {
    return await process.ask({ ask: 'load', module }, { limitMs: answerMs });
  } catch (error) {
    throw loadError(error, `${module.kind} "${module.use}"`);
  }
}

/** What a user's module declares, asked in a process that ends afterwards. @throws BenchError as {@link loadModule} */
export async function declarationIn(module: UserModule): Promise<unknown> {
  const process = startUserProcess();
  try {
    return await loadModule(process, module);
  } finally {
    process.end();
  }
}

/** The failure of a process while it loaded a module, as a failure of the module. */
function loadError(error: unknown, what: string): unknown {
  if (!(error instanceof BenchError) || !isUserCodeFailure(error)) return error;
  const { code, message, next, cause } = error;
  return new BenchError({
    code,
    message: `${what} cannot be loaded: it ${message}`,
    cause,
    ...(next && { next }),
  });
}
