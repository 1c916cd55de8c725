import { BenchError, type PlainError, toPlainError } from '@attribution-bench/contract';
import type { RunStatus } from '../journal/run-record.js';
import type { Budget } from '../model/grid.js';

/** Whether results can no longer be kept, which stops the whole run and is no step's fault. */
export function isStoreFailure({ code }: PlainError): boolean {
  return storeFailures.has(code);
}

const storeFailures: ReadonlySet<PlainError['code']> = new Set([
  'BUCKET_MISSING',
  'BUCKET_CREDENTIALS',
  'BUCKET_REGION',
  'STORE_AWAY',
  'STORE_FULL',
  'STORE_UNWRITABLE',
  'STORE_WRITE',
] as const);

/** Whether a result that a step reads is missing or damaged. */
export function isLostInput({ code }: PlainError): boolean {
  return code === 'STORE_MISSING' || code === 'STORE_CORRUPT';
}

/** A step with user code has found a result damaged that is sound. */
export function misread({ place = '', message }: PlainError): PlainError {
  return toPlainError(
    new BenchError({
      code: 'USER_CODE_MISREAD',
      message: `its process takes a sound result for a damaged one (${place} ${message})`,
      next: 'the code changes what all programs rest on, such as Object.prototype',
    }),
  );
}

/** A step has used up the time of its cell. @param ended whether it had to be ended, since it did not stop when told to */
export function overTime({ cellMs = 0 }: Budget, ended: boolean): PlainError {
  return toPlainError(
    new BenchError({
      code: 'BUDGET_TIME',
      message: `took longer than budget.cell (${cellMs / 1000} s)${ended ? '; it did not stop when told to and was ended' : ''}`,
      next: `raise the budget or shrink the method${ended ? ', and let its loops look at ctx.signal' : ''}`,
    }),
  );
}

/** A step has used more memory than its cell may. */
export function overMemory({ memoryBytes = 0 }: Budget): PlainError {
  return toPlainError(
    new BenchError({
      code: 'BUDGET_MEMORY',
      message: `took more memory than budget.memory (${Math.round(memoryBytes / 2 ** 20)} MiB)`,
      next: 'raise the budget or use smaller blocks',
    }),
  );
}

/** Says that the run before this one ended without a word, and what it was doing. */
export function whatBrokeOff({ run, running }: RunStatus): string {
  return `run ${run} before this one was killed or crashed while it was at: ${running.join(', ')}; what it finished is kept`;
}
