import { hashJson } from '@attribution-bench/contract';
import type { ArtifactOutput } from '@attribution-bench/store';
import type { TruthSpec } from '../model/grid.js';
import type { SubsetRule } from '../model/subset-rule.js';
import { subsetRule } from '../steps/subset-rule.js';
import type { OpenedTask } from './plan-task.js';
import { addStep, outputOf, type StepList } from './step-list.js';

/** A stored training run: its step and its artifact. */
export interface PlannedRun {
  readonly step: string;
  readonly output: ArtifactOutput;
}

/** Steps that train checkpoints `0 .. count - 1` of a method seed. */
export function planCheckpoints(steps: StepList, opened: OpenedTask, seed: number, count: number): PlannedRun[] {
  return Array.from({ length: count }, (_, run) => planRun(steps, opened, seed, run, 1));
}

/** The step that trains run 0 of a method seed with `snapshots` models kept along it. */
export function planTrajectory(steps: StepList, opened: OpenedTask, seed: number, snapshots: number): PlannedRun {
  return planRun(steps, opened, seed, 0, snapshots);
}

function planRun(steps: StepList, opened: OpenedTask, seed: number, run: number, snapshots: number): PlannedRun {
  const output = outputOf('train', { ...opened.parts, role: 'checkpoint', seed, run, snapshots });
  const step = addStep(steps, {
    kind: 'train',
    label: `train ${opened.task.id} seed ${seed} run ${run}${snapshots === 1 ? '' : `, ${snapshots} models along it`}`,
    task: opened.task.id,
    needs: opened.dataSteps,
    outputs: [output],
    job: { kind: 'train', task: opened.source, seed, run, snapshots, output },
    place: ['train', seed, run, snapshots],
  });
  return { step, output };
}

/** Steps of a task's ground truth. */
export interface PlannedTruthSteps {
  readonly key: string;
  readonly rule: SubsetRule;
  readonly step: string;
  readonly output: ArtifactOutput;
  readonly steps: readonly string[];
  /** [subsets × retrainSeeds] */
  readonly rows: readonly ArtifactOutput[];
}

/**
 * Steps that retrain every subset with every seed, one group of subsets of one seed each, and one that puts the results
 * together. A row's bytes depend on its subset and seed only: raising the number of either keeps the work done. No group
 * goes beyond a block of a truth that is grown, so that a further block retrains nothing anew.
 */
export function planTruth(steps: StepList, opened: OpenedTask, truth: TruthSpec): PlannedTruthSteps {
  const { subsets, retrainSeeds } = truth;
  const rule = subsetRule(truth);
  const { parts, source, task, stack } = opened;
  const row = (subset: number, seed: number): ArtifactOutput =>
    outputOf('retrain', { ...parts, role: 'truth-retrain', ...rule, subset, seed });
  const rows = Array.from({ length: subsets * retrainSeeds }, (_, index) =>
    row(Math.floor(index / retrainSeeds), index % retrainSeeds),
  );
  const groups: string[] = [];
  for (const { start, count } of groupsOfSubsets(truth, stack))
    for (let seed = 0; seed < retrainSeeds; seed++) {
      const members = Array.from({ length: count }, (_, index) => ({
        subset: start + index,
        output: rows[(start + index) * retrainSeeds + seed],
      }));
      groups.push(
        addStep(steps, {
          kind: 'retrain',
          label: `retrain ${task.id} ${count === 1 ? `subset ${start}` : `subsets ${start}-${start + count - 1}`} seed ${seed}`,
          task: task.id,
          needs: opened.dataSteps,
          outputs: members.map(({ output }) => output),
          job: { kind: 'retrain', task: source, rule, retrainSeed: seed, subsets: members },
          place: ['retrain', start, seed],
        }),
      );
    }
  const output = outputOf('truth', { ...parts, ...rule, subsets, retrainSeeds });
  const step = addStep(steps, {
    kind: 'truth',
    label: `truth of ${task.id}`,
    task: task.id,
    needs: groups,
    outputs: [output],
    job: {
      kind: 'truth',
      task: source,
      rule,
      retrainSeeds,
      rows,
      output,
    },
    place: ['truth'],
  });
  const key = hashJson({
    task: opened.key,
    engine: parts.engine,
    ...rule,
    subsets,
    retrainSeeds,
  });
  return { key, rule, step, output, steps: groups, rows };
}

/** Runs of at most `stack` subsets each. */
function groupsOfSubsets(
  { subsets, growth }: TruthSpec,
  stack: number,
): { readonly start: number; readonly count: number }[] {
  const block = growth?.block ?? subsets;
  const groups: { start: number; count: number }[] = [];
  for (let start = 0; start < subsets; ) {
    const blockEnd = (Math.floor(start / block) + 1) * block;
    const count = Math.min(stack, blockEnd - start, subsets - start);
    groups.push({ start, count });
    start += count;
  }
  return groups;
}
