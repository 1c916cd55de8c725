import { Command } from 'commander';
import { type FlagValues, withFlags } from '../flags.js';
import { count } from '../text/format.js';
import { resultsFolder } from '../workspace.js';

export function cancelCommand(): Command {
  const command = new Command('cancel')
    .summary('take the jobs of a run on Slurm back')
    .description(
      'Cancels the jobs that bench grid --executor slurm has submitted. What they have finished is kept, what they are at is ' +
        'given up within seconds, and a command that watches them ends. The same bench grid command goes on from there.',
    )
    .argument(
      '[run]',
      'id of the run, as bench status shows it, or name of its grid (default: the only one with jobs)',
    );
  return withFlags(command, 'results').action(cancel);
}

async function cancel(run: string | undefined, flags: FlagValues): Promise<void> {
  const { takeBack } = await import('@attribution-bench/runner/slurm');
  const taken = await takeBack(resultsFolder(flags.results), run);
  if (taken.length === 0) console.log('no jobs are waiting or running');
  for (const { run, tasks } of taken) console.log(`${run.id}: ${count(tasks, 'task')} taken back`);
}
