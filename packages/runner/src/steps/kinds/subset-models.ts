import { BenchError, type TaskInfo } from '@attribution-bench/contract';
import type { ArtifactOutput } from '@attribution-bench/store';
import { type SubsetKind, type SubsetScope, trainOnSubsets } from '@attribution-bench/tasks';
import { writeArtifact } from '../../artifacts/codec.js';
import { subsetModelArtifact } from '../../artifacts/subset-model.js';
import type { StepJob, TaskSource } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { TaskToPlan } from '../../model/task-to-plan.js';
import type { StepReport } from '../../model/work.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep } from '../step-definition.js';
import { workOf } from '../work-of-task.js';

export interface SubsetModelsJob extends StepJob {
  readonly task: TaskSource;
  readonly info: Pick<TaskInfo, 'train' | 'queries'>;
  readonly scope: SubsetScope;
  readonly kindOfSubset: SubsetKind;
  readonly subsets: readonly { readonly subset: number; readonly output: ArtifactOutput }[];
}

/** Models that methods learn from, one group: one training run on each of some subsets, which no truth has. */
export const subsetModelsStep = defineStep<SubsetModelsJob>({
  kind: 'subset-models',
  priority: 5,
  many: true,
  cost: {
    likeness: ({ task }, { engine, subsets }) => ({
      task: workOf(task),
      engine: engine ?? null,
      subsets: subsets ?? null,
    }),
    opens: true,
  },
  result: ({ info }) => subsetModelArtifact(info),
  code: ({ task }) => ({ network: task.spec }),
  run: trainGroup,
});

/** What subsets for a method of a seed to learn from are drawn for. */
export function subsetScope({ task, key, info, stack }: TaskToPlan, methodSeed: number): SubsetScope {
  return { gridSeed: task.spec.seed, taskKey: key, methodSeed, train: info.train, stack };
}

/** The result of training on a subset. It depends on its subset only: methods that learn from it share it. */
export function subsetModelOutput(task: TaskToPlan, kind: SubsetKind, subset: number, seed: number): ArtifactOutput {
  return subsetModelsStep.output({ ...task.parts, subsets: { ...kind }, subset, seed });
}

/** @param subsets of consecutive numbers, at most as many as the task trains at once */
export function planSubsetModels(
  planned: TaskToPlan,
  kind: SubsetKind,
  seed: number,
  subsets: SubsetModelsJob['subsets'],
): StepDraft<SubsetModelsJob> {
  const { task, source, info, dataSteps } = planned;
  const [first, last] = [subsets[0].subset, subsets[subsets.length - 1].subset];
  const { draw, ...about } = kind;
  const name = [draw, ...Object.values(about)].join(' ');
  return subsetModelsStep.draft({
    label: `train ${task.id} on ${name}, ${first === last ? `subset ${first}` : `subsets ${first}-${last}`} of seed ${seed}`,
    task: task.id,
    needs: dataSteps,
    outputs: subsets.map(({ output }) => output),
    job: {
      task: source,
      info: { train: info.train, queries: info.queries },
      scope: subsetScope(planned, seed),
      kindOfSubset: kind,
      subsets,
    },
    place: ['subset-models', { ...kind }, first, seed],
  });
}

/** Trains one group of subsets, in their places. */
async function trainGroup(job: SubsetModelsJob, { store, tasks, cancel, progress }: StepContext): Promise<StepReport> {
  const { info, scope, kindOfSubset, subsets } = job;
  const task = await tasks.use(job.task);
  const elapsed = stopwatch();
  const numbers = subsets.map(({ subset }) => subset);
  const models = await trainOnSubsets(task, kindOfSubset, numbers, scope, { cancel, progress });
  for (const [index, { subset, output }] of subsets.entries()) {
    if (!models[index].targets.every(Number.isFinite)) throw notFinite(job, subset);
    await writeArtifact(store, output, subsetModelArtifact(info), models[index]);
  }
  return elapsed();
}

function notFinite({ task, kindOfSubset }: SubsetModelsJob, subset: number): BenchError {
  return new BenchError({
    code: 'TRUTH_NOT_FINITE',
    place: task.spec.id,
    message: `the model trained on ${kindOfSubset.draw} subset ${subset} has targets that are not finite`,
    next: 'lower model.lr or choose another target',
  });
}
