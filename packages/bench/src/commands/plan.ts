import type { Estimate, Plan } from '@attribution-bench/runner';
import { defaultCacheFolder } from '@attribution-bench/tasks/installed';
import { Command } from 'commander';
import { exitCode } from '../exit-codes.js';
import { type FlagValues, onGrid } from '../flags.js';
import { onInterrupt } from '../interrupt.js';
import { planData } from '../plan/plan-data.js';
import { planText } from '../plan/plan-text.js';
import { planFrom } from '../plan-from-flags.js';
import { trialOptions } from '../trial-options.js';
import { findConfig, resultsFolder } from '../workspace.js';

export function planCommand(): Command {
  const command = new Command('plan')
    .summary('what a grid would compute, what is stored, how long it takes')
    .description(
      'Says what a grid would compute: the total, then tasks, methods and steps, and why cells are skipped, broken or stale. ' +
        'A cell is cached (a result is stored), stale (a result is stored but was made from something ' +
        'else; the reason says what changed), missing, skipped, or broken (its method cannot be loaded). Data that ' +
        'is not stored yet is read or downloaded and stored, as is the shape of each task; no other result is. The time comes from earlier runs on ' +
        'this machine; what never ran here is tried for a moment each, at its real size, for some seconds in all: what there is no ' +
        'time for counts with its like, which is said, and is tried by the next plan. It ' +
        'holds for cores with nothing else to do. More --jobs than this machine has cores: of a machine with more of them.',
    )
    .addHelpText(
      'after',
      `
Examples:
  bench plan digits.yaml
  bench plan digits.yaml --verbose               every cell
  bench plan digits.yaml --only '*/trak'
  bench plan cifar.yaml --jobs 64       what it would take on 64 cores like these`,
    );
  command.option('-v, --verbose', 'also list every cell');
  return onGrid(command, ['jobs', 'only', 'skip', 'force', 'quick', 'engine', 'device', 'json', 'results'], showPlan);
}

async function showPlan(flags: FlagValues & { verbose?: true }): Promise<void> {
  const predicted = await predictedPlan(flags);
  if (predicted === undefined) {
    console.error('stopped');
    process.exitCode = exitCode.incomplete;
    return;
  }
  const { plan, prediction } = predicted;
  console.log(
    flags.json
      ? JSON.stringify(planData(plan, prediction), undefined, 2)
      : planText(plan, prediction, { jobs: flags.jobs, verbose: flags.verbose ?? false }),
  );
}

/** The plan of the grid that the flags name, and what it takes; undefined where that was stopped. */
async function predictedPlan(
  flags: FlagValues,
): Promise<{ readonly plan: Plan; readonly prediction: Estimate } | undefined> {
  const { startTrialThreads } = await import('@attribution-bench/runner/trial-threads');
  findConfig(flags.config);
  const folders = [resultsFolder(flags.results), defaultCacheFolder()];
  // What computes on a device is tried in a thread of another kind.
  const threads = flags.device === undefined ? await startTrialThreads(flags.jobs, folders) : undefined;
  try {
    const { estimate } = await import('@attribution-bench/runner');
    const plan = await planFrom(flags, { readOnly: true });
    const cancel = new AbortController();
    const release = onInterrupt({ stop: () => cancel.abort(), abandon: () => undefined });
    const prediction = await estimate(plan, {
      jobs: flags.jobs,
      cancel: cancel.signal,
      ...(threads && { threads }),
      ...trialOptions((line) => console.error(line)),
    });
    release();
    return cancel.signal.aborted ? undefined : { plan, prediction };
  } finally {
    await threads?.close();
  }
}
