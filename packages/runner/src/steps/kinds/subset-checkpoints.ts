import type { ArtifactOutput, ArtifactRef, Store } from '@attribution-bench/store';
import { drawSubset, type LoadedCheckpoint, type SubsetScope } from '@attribution-bench/tasks';
import { readArtifact, writeArtifact } from '../../artifacts/codec.js';
import { runArtifact } from '../../artifacts/training-run.js';
import type { StepJob, TaskSource } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { TaskToPlan } from '../../model/task-to-plan.js';
import type { StepReport } from '../../model/work.js';
import { madeUpParameters } from '../made-up.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep, likenessByParts } from '../step-definition.js';
import { subsetScope } from './subset-models.js';

export interface SubsetCheckpointsJob extends StepJob {
  readonly task: TaskSource;
  readonly scope: SubsetScope;
  readonly fraction: number;
  readonly runs: readonly { readonly run: number; readonly output: ArtifactOutput }[];
}

/** Checkpoints for methods that are trained on random subsets of the training set, one group of them. */
export const subsetCheckpointsStep = defineStep<SubsetCheckpointsJob>({
  kind: 'subset-checkpoints',
  priority: 6,
  cost: {
    likeness: likenessByParts,
    opens: true,
    standIn: (_job, info) =>
      runArtifact.encode({
        models: [{ step: 1, epoch: 1, learningRate: 0.1, parameters: madeUpParameters(info.parameters) }],
        losses: new Float32Array(1),
      }),
  },
  result: () => runArtifact,
  code: ({ task }) => ({ network: task.spec }),
  run: trainGroup,
});

/** A model that depends on its subset only: methods that use it share it. */
export function subsetCheckpointOutput(
  { parts }: TaskToPlan,
  fraction: number,
  seed: number,
  run: number,
): ArtifactOutput {
  return subsetCheckpointsStep.output({ ...parts, role: 'subset-checkpoint', fraction, seed, run });
}

/** @param runs of consecutive numbers, at most as many as the task trains at once */
export function planSubsetCheckpoints(
  planned: TaskToPlan,
  fraction: number,
  seed: number,
  runs: SubsetCheckpointsJob['runs'],
): StepDraft<SubsetCheckpointsJob> {
  const { task, source, dataSteps } = planned;
  const [first, last] = [runs[0].run, runs[runs.length - 1].run];
  return subsetCheckpointsStep.draft({
    label: `train ${task.id} on ${fraction} of its points, seed ${seed} ${first === last ? `run ${first}` : `runs ${first}-${last}`}`,
    task: task.id,
    needs: dataSteps,
    outputs: runs.map(({ output }) => output),
    job: { task: source, scope: subsetScope(planned, seed), fraction, runs },
    place: ['subset-checkpoints', fraction, seed, first],
  });
}

/** Trains one group of runs, in their places. */
async function trainGroup(
  { task: source, scope, fraction, runs }: SubsetCheckpointsJob,
  { store, tasks, cancel, progress }: StepContext,
): Promise<StepReport> {
  const task = await tasks.use(source);
  const elapsed = stopwatch();
  const trained = await task.train({
    runs: runs.map(({ run }) => drawSubset({ draw: 'fraction', fraction }, run, scope)),
    snapshots: 1,
    cancel,
    progress,
  });
  for (const [index, { run, output }] of runs.entries()) {
    const { snapshots, losses, parameters } = trained[index];
    const sanity = run === 0 ? { sanity: await task.sanity(parameters) } : {};
    await writeArtifact(store, output, runArtifact, { models: snapshots, losses, ...sanity });
  }
  return elapsed();
}

/** A stored checkpoint that was trained on a subset; its training cannot be replayed, which would be on all points. */
export async function readSubsetCheckpoint(
  store: Store,
  ref: ArtifactRef,
  { scope, fraction }: Pick<SubsetCheckpointsJob, 'scope' | 'fraction'>,
  run: number,
): Promise<LoadedCheckpoint> {
  const { models } = await readArtifact(store, ref, runArtifact);
  const model = models[models.length - 1];
  const { seed } = drawSubset({ draw: 'fraction', fraction }, run, scope);
  return { ...model, id: `run ${run} on ${fraction} of the points`, run, seed };
}
