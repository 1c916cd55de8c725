import { BenchError } from '@attribution-bench/contract';

/** Writes one line `error: place message, next step` to standard error; with `debug` the stacks of all causes too. */
export function printFailure(error: unknown, debug: boolean): void {
  console.error(`error: ${failureLine(error)}`);
  if (!debug) {
    if (!(error instanceof BenchError)) console.error('this was not foreseen: run it again with --debug for the stack');
    return;
  }
  for (let cause = error; cause instanceof Error; cause = cause.cause) console.error(cause.stack);
}

function failureLine(error: unknown): string {
  if (error instanceof BenchError) return error.line;
  return error instanceof Error ? error.message : String(error);
}
