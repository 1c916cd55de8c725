import { BenchError } from '@attribution-bench/contract';

/** Whether an error of the file system has one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** An error that says which file could not be written and what to do; a {@link BenchError} comes back as it is. */
export function writeError(error: unknown, file: string): BenchError {
  if (error instanceof BenchError) return error;
  if (hasCode(error, 'ENOSPC', 'EDQUOT'))
    return new BenchError({
      code: 'STORE_FULL',
      place: file,
      message: 'cannot be written: the disk or quota is full',
      next: 'free some space (`bench gc` removes results that are no longer needed) and run the same command again: finished steps are kept',
      cause: error,
    });
  if (hasCode(error, 'EACCES', 'EPERM', 'EROFS'))
    return new BenchError({
      code: 'STORE_UNWRITABLE',
      place: file,
      message: 'cannot be written: no permission',
      next: 'make the folder writable or name another one with --results',
      cause: error,
    });
  return new BenchError({
    code: 'STORE_WRITE',
    place: file,
    message: `cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    next: 'check the folder that --results names',
    cause: error,
  });
}

/** An error that says which file could not be read and what to do; a {@link BenchError} comes back as it is. */
export function readError(error: unknown, file: string): BenchError {
  if (error instanceof BenchError) return error;
  if (hasCode(error, 'EACCES', 'EPERM'))
    return new BenchError({
      code: 'STORE_READ',
      place: file,
      message: 'cannot be read: no permission',
      next: 'make it readable or name another folder with --results',
      cause: error,
    });
  return new BenchError({
    code: 'STORE_READ',
    place: file,
    message: `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    next: 'check the folder that --results names',
    cause: error,
  });
}
