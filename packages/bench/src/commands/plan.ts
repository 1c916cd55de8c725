import { availableParallelism } from 'node:os';
import type { Estimate, Plan, PlannedCellStatus } from '@attribution-bench/runner';
import { Command } from 'commander';
import { exitCode } from '../exit-codes.js';
import { type FlagValues, onGrid } from '../flags.js';
import { onInterrupt } from '../interrupt.js';
import { planFrom } from '../plan-from-flags.js';
import { count, formatBytes, formatDuration } from '../text/format.js';
import { table } from '../text/table.js';

const noteMs = 3000;

export function planCommand(): Command {
  const command = new Command('plan')
    .summary('what a grid would compute, what is stored, how long it takes')
    .description(
      'Lists the cells of a grid: cached (a result is stored), stale (a result is stored but was made from something ' +
        'else; the reason says what changed), missing, skipped with the reason, or broken (its method cannot be loaded). Data that ' +
        'is not stored yet is read or downloaded and stored, as is the shape of each task; no other result is. The time comes from earlier runs on ' +
        'this machine; what never ran here is tried for a moment each, at its real size, which takes up to a minute. It ' +
        'holds for cores with nothing else to do. More --jobs than this machine has cores: of a machine with more of them.',
    )
    .addHelpText(
      'after',
      `
Examples:
  bench plan digits.yaml
  bench plan digits.yaml --only '*/trak'
  bench plan cifar.yaml --jobs 64       what it would take on 64 cores like these`,
    );
  return onGrid(command, ['jobs', 'only', 'skip', 'force', 'quick', 'engine', 'json', 'results'], showPlan);
}

async function showPlan(flags: FlagValues): Promise<void> {
  const { estimate } = await import('@attribution-bench/runner');
  const plan = await planFrom(flags, { readOnly: true });
  const cancel = new AbortController();
  const release = onInterrupt({ stop: () => cancel.abort(), abandon: () => undefined });
  const prediction = await estimate(plan, {
    jobs: flags.jobs,
    cancel: cancel.signal,
    onProgress: probeNote(),
    onFailure: (label, reason) => console.error(`not in the prediction: ${label}: ${reason}`),
  });
  release();
  if (cancel.signal.aborted) {
    console.error('stopped');
    process.exitCode = exitCode.incomplete;
    return;
  }
  console.log(
    flags.json ? JSON.stringify(planData(plan, prediction), undefined, 2) : planText(plan, prediction, flags.jobs),
  );
}

/** Says on standard error, now and then, that steps are being timed. */
function probeNote(): (done: number, total: number) => void {
  let saidMs = 0;
  return (done, total) => {
    if (done !== total && performance.now() - saidMs < noteMs) return;
    saidMs = performance.now();
    console.error(`timing what never ran here: ${done} of ${total}`);
  };
}

/** Seconds of one worker that the steps of a cell still take. */
function secondsOf(cell: Plan['cells'][number], prediction: Estimate): number {
  const steps =
    cell.steps === undefined
      ? []
      : [...Object.values(cell.steps.stages), cell.steps.score, ...Object.values(cell.steps.metrics)];
  return steps.reduce((seconds, step) => seconds + (prediction.bySteps.get(step) ?? 0), 0);
}

function planData(plan: Plan, prediction: Estimate): unknown {
  return {
    grid: plan.grid.name,
    tasks: plan.tasks.map(({ info, truth }) => ({
      id: info.id,
      train: info.train,
      queries: info.queries,
      parameters: info.parameters,
      ...(truth && { truth: { key: truth.key, cached: truth.cached, total: truth.total } }),
    })),
    cells: plan.cells.map((cell) => ({
      id: cell.id,
      status: cell.status,
      ...(cell.reason !== undefined && { reason: cell.reason }),
      retrainings: cell.retrainings,
      seconds: secondsOf(cell, prediction),
    })),
    stale: staleGroups(plan),
    steps: { cached: plan.steps.filter(({ status }) => status === 'cached').length, total: plan.steps.length },
    predicted: { seconds: prediction.seconds, peakRssBytes: prediction.peakRssBytes, byKind: prediction.byKind },
  };
}

function planText(plan: Plan, prediction: Estimate, jobs: number): string {
  const tasks = table(
    ['task', 'train', 'queries', 'parameters', 'truth'],
    plan.tasks.map(({ info, truth, foreign }) => [
      info.id,
      info.train,
      info.queries,
      info.parameters,
      foreign !== undefined
        ? 'published'
        : truth === undefined
          ? 'none'
          : `${truth.cached} of ${truth.total} retrainings stored`,
    ]),
  );
  const cells = table(
    ['cell', 'status', 'models', 'takes', 'why'],
    plan.cells.map((cell) => [
      cell.id,
      cell.status,
      cell.retrainings,
      cell.steps === undefined || cell.status === 'cached' ? '' : formatDuration(secondsOf(cell, prediction)),
      cell.reason ?? '',
    ]),
  );
  const kinds = table(
    ['steps', 'to do', 'takes'],
    Object.entries(prediction.byKind).map(([kind, { steps, seconds }]) => [kind, steps, formatDuration(seconds)]),
  );
  const statuses: readonly PlannedCellStatus[] = ['cached', 'stale', 'missing', 'skipped', 'broken'];
  const counts = statuses
    .map((status) => ({ status, number: plan.cells.filter((cell) => cell.status === status).length }))
    .filter(({ number }) => number > 0)
    .map(({ status, number }) => `${number} ${status}`);
  const cores = availableParallelism();
  const workers = `${count(jobs, 'worker')}${jobs > cores ? ` on ${jobs} cores (here ${cores})` : ''}`;
  const total = `${count(plan.cells.length, 'cell')} (${counts.join(', ')}); about ${formatDuration(prediction.seconds)} with ${workers}, ${formatBytes(prediction.peakRssBytes)} at peak`;
  return [tasks, cells, kinds, ...staleLines(plan), total].join('\n\n');
}

/** What a kind of step makes, in the order in which it is counted; of other kinds nothing is said. */
const nouns = { truth: 'truth', train: 'model', score: 'score', metric: 'metric value' } as const;

interface StaleGroup {
  readonly reason: string;
  readonly counts: Readonly<Partial<Record<keyof typeof nouns, number>>>;
}

/** What has become stale, by its reason. */
function staleGroups({ steps }: Plan): StaleGroup[] {
  const groups = new Map<string, Partial<Record<keyof typeof nouns, number>>>();
  for (const kind of Object.keys(nouns) as (keyof typeof nouns)[])
    for (const step of steps) {
      if (step.kind !== kind || step.status !== 'stale' || step.reason === undefined) continue;
      const counts = groups.get(step.reason) ?? {};
      groups.set(step.reason, { ...counts, [kind]: (counts[kind] ?? 0) + 1 });
    }
  return [...groups].map(([reason, counts]) => ({ reason, counts }));
}

/** One line for each reason: `12 truths, 3 models stale: tasks/nn/layers/conv2d changed`. */
function staleLines(plan: Plan): string[] {
  const lines = staleGroups(plan).map(({ reason, counts }) => {
    const counted = Object.entries(counts).map(([kind, number]) => count(number, nouns[kind as keyof typeof nouns]));
    return `${counted.join(', ')} stale: ${reason}`;
  });
  return lines.length === 0 ? [] : [lines.join('\n')];
}
