import { BenchError } from '@attribution-bench/contract';
import { type ExitCode, exitCode, exitOf } from './exit-codes.js';
import { systemFailure } from './system-failure.js';

/**
 * Writes `error: place message, next step` to standard error, a line a problem; with `debug` its code and the
 * stacks of all causes too.
 * Returns the exit code of such a failure.
 */
export function printFailure(thrown: unknown, debug: boolean): ExitCode {
  const error = systemFailure(thrown) ?? thrown;
  for (const line of failureLines(error)) console.error(`error: ${line}`);
  if (debug && error instanceof BenchError) console.error(`code: ${error.code}`);
  if (debug) for (let cause = error; cause instanceof Error; cause = cause.cause) console.error(cause.stack);
  if (error instanceof BenchError) return exitOf[error.code];
  if (!debug) console.error('unexpected error: run it again with --debug for the stack');
  return exitCode.cellFailed;
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
