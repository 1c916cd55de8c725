import type { ErrorCode } from '@attribution-bench/contract';

const failures: ReadonlySet<ErrorCode> = new Set([
  'USER_CODE_ANSWER',
  'USER_CODE_CRASHED',
  'USER_CODE_ENDED',
  'USER_CODE_MEMORY',
  'USER_CODE_PROCESS',
  'USER_CODE_SILENT',
] satisfies ErrorCode[]);

/** Whether it is the process of user code that failed, and not what the code computes. */
export function isUserCodeFailure({ code }: { readonly code: ErrorCode }): boolean {
  return failures.has(code);
}
