import { BenchError } from '@attribution-bench/contract';

/**
 * Watches standard output and standard error. A reader that went away (`bench list | head`, a closed terminal) ends output
 * and is no failure; anything else that keeps output from being written (a full disk) is reported once.
 * @param report told of the first failure
 */
export function watchOutput(report: (error: BenchError) => void): void {
  let failed = false;
  const streams = { 'standard output': process.stdout, 'standard error': process.stderr };
  for (const [name, stream] of Object.entries(streams))
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (failed || error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return;
      failed = true;
      report(
        new BenchError({
          code: 'OUTPUT_CUT',
          place: name,
          message: `cannot be written, its content is cut off: ${error.message}`,
          next: 'free some space and run the same command again: finished steps are kept',
          cause: error,
        }),
      );
    });
}
