import { hashJson, type SubsetDesign, type UsedModels } from '@attribution-bench/contract';
import type { ArtifactOutput } from '@attribution-bench/store';
import { seriesOf } from '@attribution-bench/tasks';
import type { TruthSpec } from '../model/grid.js';
import type { SubsetRule } from '../model/subset-rule.js';
import type { TaskToPlan } from '../model/task-to-plan.js';
import { planOwnSubsets } from '../steps/kinds/own-subsets.js';
import { planRetraining, retrainingOutput } from '../steps/kinds/retrain.js';
import { planSubsetCheckpoints, subsetCheckpointOutput } from '../steps/kinds/subset-checkpoints.js';
import { planSubsetModels, subsetModelOutput } from '../steps/kinds/subset-models.js';
import { type KeptModels, keptSeed, planRun, runId, type TrainJob, trainStep } from '../steps/kinds/train.js';
import { planAssembly } from '../steps/kinds/truth.js';
import { subsetRule } from '../steps/subset-rule.js';
import { addStep, type StepList } from './step-list.js';

/** A result of a training run, and the id of the step that trains it. */
export interface PlannedRun {
  readonly id: string;
  readonly output: ArtifactOutput;
}

/** The seed whose models methods explain: where a truth keeps seeds, the models of the runs that it repeats. */
export function modelSeed(truth: Pick<TruthSpec, 'seeds'> | undefined, methodSeed: number): number {
  return truth?.seeds === 'same' ? keptSeed : methodSeed;
}

/** Plans the training of checkpoints `0 .. count - 1` of a method seed. */
export function planCheckpoints(steps: StepList, task: TaskToPlan, seed: number, count: number): PlannedRun[] {
  return Array.from({ length: count }, (_, run) => keepOfRun(steps, task, { seed, run }, 1));
}

/** Plans checkpoints `0 .. count - 1` of a method seed that are trained on random subsets, in groups. */
export function planCheckpointsOnSubsets(
  steps: StepList,
  task: TaskToPlan,
  seed: number,
  { checkpoints, fraction }: { readonly checkpoints: number; readonly fraction: number },
): PlannedRun[] {
  return groupsOfSubsets({ subsets: checkpoints }, task.stack).flatMap(({ start, count }) => {
    const runs = Array.from({ length: count }, (_, at) => ({
      run: start + at,
      output: subsetCheckpointOutput(task, fraction, seed, start + at),
    }));
    const { id } = addStep(steps, planSubsetCheckpoints(task, fraction, seed, runs));
    return runs.map(({ output }) => ({ id, output }));
  });
}

/** Plans models along each of the first runs of a method seed that a method looks along; the last model of each is final. */
export function planTrajectories(
  steps: StepList,
  task: TaskToPlan,
  seed: number,
  { trajectory, trajectories = 1 }: Pick<UsedModels, 'trajectory' | 'trajectories'>,
): PlannedRun[] {
  return Array.from({ length: trajectories }, (_, run) => keepOfRun(steps, task, { seed, run }, trajectory));
}

/** Adds a run, or what is to be kept of one that is planned already. */
function keepOfRun(
  steps: StepList,
  task: TaskToPlan,
  which: Pick<TrainJob, 'seed' | 'run'>,
  snapshots: number,
): PlannedRun {
  const id = runId(task, which);
  const planned = trainStep.jobOf(steps.get(id))?.kept ?? [];
  const isWanted = (kept: KeptModels): boolean => kept.snapshots === snapshots;
  const known = planned.find(isWanted);
  if (known !== undefined) return { id, output: known.output };
  const earlier = planned.map((kept) => kept.snapshots);
  const { job } = addStep(steps, planRun(task, { ...which, snapshots: [...earlier, snapshots] }));
  return { id, output: (job.kept.find(isWanted) as KeptModels).output };
}

/** Subsets that a method has models trained on, and the step that puts their outcomes together. */
export interface PlannedSubsets extends PlannedRun {
  /** Ids of the steps that train, and the results of all models. */
  readonly steps: readonly string[];
  readonly models: readonly ArtifactOutput[];
}

/** Plans the models of a design, in groups of those that are drawn alike, and the step that puts their outcomes together. */
export function planSubsetDesign(
  steps: StepList,
  task: TaskToPlan,
  seed: number,
  design: SubsetDesign,
): PlannedSubsets {
  const groups: string[] = [];
  const models: ArtifactOutput[] = [];
  for (const { kind, count } of seriesOf(design, task.info.train)) {
    const outputs = Array.from({ length: count }, (_, subset) => subsetModelOutput(task, kind, subset, seed));
    for (const { start, count: size } of groupsOfSubsets({ subsets: count }, task.stack)) {
      const group = outputs.slice(start, start + size).map((output, at) => ({ subset: start + at, output }));
      groups.push(addStep(steps, planSubsetModels(task, kind, seed, group)).id);
    }
    models.push(...outputs);
  }
  const { id, job } = addStep(steps, planOwnSubsets(task, design, seed, models, groups));
  return { id, output: job.output, steps: groups, models };
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
 * together. No group goes beyond a block of a truth that is grown, so that a further block retrains nothing a second time.
 */
export function planTruth(steps: StepList, task: TaskToPlan, truth: TruthSpec): PlannedTruthSteps {
  const { subsets, retrainSeeds } = truth;
  const rule = subsetRule(truth);
  const rows = Array.from({ length: subsets * retrainSeeds }, (_, row) =>
    retrainingOutput(task, rule, Math.floor(row / retrainSeeds), row % retrainSeeds),
  );
  const groups: string[] = [];
  for (const { start, count } of groupsOfSubsets(truth, task.stack))
    for (let retrainSeed = 0; retrainSeed < retrainSeeds; retrainSeed++) {
      const group = Array.from({ length: count }, (_, index) => ({
        subset: start + index,
        output: rows[(start + index) * retrainSeeds + retrainSeed],
      }));
      groups.push(addStep(steps, planRetraining(task, { rule, retrainSeed, subsets: group })).id);
    }
  const { id, job } = addStep(steps, planAssembly(task, { rule, retrainSeeds, rows }, groups));
  const key = hashJson({ task: task.key, engine: task.parts.engine, ...rule, subsets, retrainSeeds });
  return { key, rule, step: id, output: job.output, steps: groups, rows };
}

/** Runs of at most `stack` subsets each. */
function groupsOfSubsets(
  { subsets, growth }: Pick<TruthSpec, 'subsets' | 'growth'>,
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
