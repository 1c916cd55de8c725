import { BenchError } from '@attribution-bench/contract';

/** @param lastLines the last lines that the process printed */
export function endedError(
  code: number | null,
  signal: NodeJS.Signals | null,
  lastLines: readonly string[],
): BenchError {
  if (lastLines.some((line) => /heap out of memory|Reached heap limit/.test(line)))
    return new BenchError({
      code: 'USER_CODE_MEMORY',
      message: 'used up the memory for the objects of its process',
      next: 'raise budget.memory or use smaller blocks',
    });
  if (signal === null)
    return new BenchError({
      code: 'USER_CODE_ENDED',
      message: `ended its process with exit code ${code}`,
      next: 'return or throw, do not call process.exit',
    });
  return new BenchError({
    code: 'USER_CODE_CRASHED',
    message: signal === 'SIGKILL' ? 'was killed (SIGKILL)' : `crashed (${signal})`,
    next: signal === 'SIGKILL' ? 'perhaps the machine had no memory left' : 'look at the native code that it uses',
  });
}

/** User code was ended since it did not answer. */
export function silentError(limitMs: number): BenchError {
  return new BenchError({
    code: 'USER_CODE_SILENT',
    message: `gave no answer in ${limitMs / 1000} s and was ended`,
    next: 'look for a loop or a promise that never settles',
  });
}

export function notStartedError(cause: Error): BenchError {
  return new BenchError({
    code: 'USER_CODE_PROCESS',
    message: `no process can be started for it: ${cause.message}`,
    next: 'see what limits this machine sets to processes and open files',
    cause,
  });
}
