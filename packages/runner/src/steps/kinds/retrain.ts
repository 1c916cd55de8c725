import { deriveSeed } from '@attribution-bench/contract';
import type { ArtifactOutput } from '@attribution-bench/store';
import type { TaskSpec } from '@attribution-bench/tasks';
import { type ArtifactCodec, writeArtifact } from '../../artifacts/codec.js';
import { digestOf, type Retraining, retrainingArtifact } from '../../artifacts/retraining.js';
import type { StepJob, TaskSource } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { SubsetRule } from '../../model/subset-rule.js';
import type { TaskToPlan } from '../../model/task-to-plan.js';
import type { StepReport } from '../../model/work.js';
import { drawSubsets } from '../draw-subsets.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep, likenessByParts } from '../step-definition.js';
import { checkpointSeed, keptSeed } from './train.js';

export interface RetrainJob extends StepJob {
  readonly task: TaskSource;
  readonly rule: SubsetRule;
  readonly retrainSeed: number;
  readonly subsets: readonly { readonly subset: number; readonly output: ArtifactOutput }[];
}

/** Ground truth, one group: one retraining of each of some subsets. */
export const retrainStep = defineStep<RetrainJob>({
  kind: 'retrain',
  priority: 5,
  many: true,
  cost: {
    likeness: likenessByParts,
    opens: true,
    trainedPoints: ({ rule, subsets }, train) =>
      subsets.length * train * (rule.seeds === undefined ? rule.fraction : 1),
  },
  result: ({ task }) => retrainingOf(task.spec),
  code: ({ task }) => ({ network: task.spec }),
  run: retrainSubsets,
});

/** The result of one retraining. It depends on its subset and seed only: raising the number of either keeps the work done. */
export function retrainingOutput(
  { parts }: TaskToPlan,
  rule: SubsetRule,
  subset: number,
  seed: number,
): ArtifactOutput {
  return retrainStep.output({ ...parts, role: 'truth-retrain', ...rule, subset, seed });
}

/** @param subsets of consecutive numbers */
export function planRetraining(
  { task, source, dataSteps }: TaskToPlan,
  { rule, retrainSeed, subsets }: Pick<RetrainJob, 'rule' | 'retrainSeed' | 'subsets'>,
): StepDraft<RetrainJob> {
  const { id } = task;
  const [first, last] = [subsets[0].subset, subsets[subsets.length - 1].subset];
  return retrainStep.draft({
    label: `retrain ${id} ${first === last ? `subset ${first}` : `subsets ${first}-${last}`} seed ${retrainSeed}`,
    task: id,
    needs: dataSteps,
    outputs: subsets.map(({ output }) => output),
    job: { task: source, rule, retrainSeed, subsets },
    place: ['retrain', first, retrainSeed],
  });
}

/** How a retraining of a task is stored. */
export function retrainingOf({ queries }: TaskSpec): ArtifactCodec<Retraining> {
  return retrainingArtifact(queries.heldout + queries.generated);
}

/** A run on the subset with a seed of its own; or, with the seed kept, the run on all points without those left out. */
function runOn({ task, rule, retrainSeed }: RetrainJob, subset: number, members: Int32Array, train: number) {
  const { spec, key } = task;
  if (rule.seeds === undefined)
    return { seed: deriveSeed(spec.seed, key, 'truth-retrain', subset, retrainSeed), members };
  const weights = new Float32Array(train);
  for (const point of members) weights[point] = 1;
  return { seed: checkpointSeed(spec, key, keptSeed, retrainSeed), weights };
}

/** Retrains one group of subsets, in their places, and keeps the target of every query under each model. */
async function retrainSubsets(job: RetrainJob, { store, tasks, cancel, progress }: StepContext): Promise<StepReport> {
  const { spec } = job.task;
  const task = await tasks.use(job.task);
  const membersOf = await drawSubsets(store, job.task, job.rule);
  const elapsed = stopwatch();
  const trained = await task.train({
    runs: job.subsets.map(({ subset }) => runOn(job, subset, membersOf(subset), task.info.train)),
    cancel,
    progress,
  });
  const targets = await task.queryTargets(trained.map(({ parameters }) => parameters));
  const written = await Promise.allSettled(
    job.subsets.map(({ output }, index) => {
      const { parameters, losses } = trained[index];
      const loss = losses[losses.length - 1];
      const retraining = { targets: targets[index], loss, weights: digestOf(parameters) };
      return writeArtifact(store, output, retrainingOf(spec), retraining);
    }),
  );
  // Once all have come to their end: a process that ends with the first failure would leave the others half written.
  for (const each of written) if (each.status === 'rejected') throw each.reason;
  return elapsed();
}
