import { BenchError } from '@attribution-bench/contract';

/** Writes `error: place message, next step` to standard error, a line a problem; with `debug` the stacks of all causes too. */
export function printFailure(error: unknown, debug: boolean): void {
  for (const line of failureLines(error)) console.error(`error: ${line}`);
  if (!debug) {
    if (!(error instanceof BenchError)) console.error('this was not foreseen: run it again with --debug for the stack');
    return;
  }
  for (let cause = error; cause instanceof Error; cause = cause.cause) console.error(cause.stack);
}

function failureLines(error: unknown): readonly string[] {
  if (hasLines(error)) return error.lines;
  if (error instanceof BenchError) return [error.line];
  return [error instanceof Error ? error.message : String(error)];
}

/** A failure with several places, such as everything that is wrong with a grid file. */
function hasLines(error: unknown): error is { readonly lines: readonly string[] } {
  return error instanceof BenchError && 'lines' in error && Array.isArray(error.lines);
}
