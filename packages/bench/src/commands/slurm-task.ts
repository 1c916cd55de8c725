import { BenchError } from '@attribution-bench/contract';
import { Command } from 'commander';
import { type FlagValues, withFlags } from '../flags.js';
import { onInterrupt } from '../interrupt.js';
import { plainReporter } from '../progress/plain.js';
import { closingLines, exitCodeOf } from '../run-with-progress.js';

/** What the batch script of a submission becomes on a node. */
export function slurmTaskCommand(): Command {
  const command = new Command('slurm-task').argument('<folder>', 'of the submission');
  return withFlags(command).action((folder: string, _flags: FlagValues) => doPack(folder));
}

async function doPack(folder: string): Promise<void> {
  const { runPack, setupVariable } = await import('@attribution-bench/runner/slurm');
  const { SLURM_ARRAY_JOB_ID: array, SLURM_ARRAY_TASK_ID: index } = process.env;
  if (array === undefined || !/^\d+$/.test(index ?? ''))
    throw new BenchError({
      code: 'SLURM_RUN',
      place: 'slurm-task',
      message: 'is what tasks of Slurm start, and this is none',
      next: 'give bench grid --executor slurm',
    });
  const cancel = new AbortController();
  const abandon = new AbortController();
  // Claims go back with the first signal: the scheduler may kill the process before its steps have come to a stopping point.
  const release = onInterrupt({
    stop() {
      console.log('stopping: told to by the scheduler');
      cancel.abort();
      abandon.abort();
    },
    abandon() {},
  });
  try {
    const place = {
      folder,
      index: Number(index),
      job: `${array}_${index}`,
      ...timeOfTask(setupVariable),
    };
    const outcome = await runPack(place, {
      cancel: cancel.signal,
      abandon: abandon.signal,
      listen(steps) {
        const reporter = plainReporter((line) => console.log(line), steps);
        return (event) => reporter.onEvent(event);
      },
    });
    for (const line of closingLines(outcome)) console.log(line);
    process.exitCode = exitCodeOf(outcome);
  } finally {
    release();
  }
}

/**
 * Both times that the scheduler tells are by its own clock, which may differ from that of this node: only what lies between them
 * counts. Slurm tells them since 23.02.
 */
function timeOfTask(setupVariable: string): { readonly limitMs?: number; readonly setupMs: number } {
  const { SLURM_JOB_START_TIME: start, SLURM_JOB_END_TIME: end, [setupVariable]: setup = '0' } = process.env;
  const limitMs = (Number(end) - Number(start)) * 1000;
  return { ...(limitMs > 0 && { limitMs }), setupMs: (Number(setup) || 0) * 1000 };
}
