import { BenchError } from '@attribution-bench/contract';

/** What to do about refusals of the operating system, by code. */
const advice: Readonly<Record<string, string>> = {
  EMFILE: 'raise the limit of open files: ulimit -n 4096',
  ENFILE: 'close other programs: the machine has as many files open as it can',
  ENOSPC: 'free some space and run the same command again: finished steps are kept',
  EDQUOT: 'free some space and run the same command again: finished steps are kept',
  ENOMEM: 'set fewer --jobs, or close other programs',
  EAGAIN: 'raise the limit of processes (ulimit -u), or set fewer --jobs',
  EACCES: 'check who may read and write it',
  EPERM: 'check who may read and write it',
  EROFS: 'name a folder that can be written',
};

const noRoom: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** An error of the operating system as one that says what it is about; undefined for any other. */
export function systemFailure(error: unknown): BenchError | undefined {
  if (!(error instanceof Error) || error instanceof BenchError) return undefined;
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  return new BenchError({
    code: noRoom.has(code) ? 'STORE_FULL' : 'SYSTEM',
    ...(path !== undefined && { place: path }),
    message: `${path === undefined ? 'the operating system refuses' : 'cannot be used'}: ${shortened(error.message)}`,
    next: advice[code] ?? 'run it again with --debug to see where it was needed',
    cause: error,
  });
}

/** Without the call and the path that it ends with. */
function shortened(message: string): string {
  return message.replace(/, \w+( '.*')?$/, '');
}
