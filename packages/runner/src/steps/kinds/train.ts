import { deriveSeed, type Seed } from '@attribution-bench/contract';
import type { ArtifactOutput, ArtifactRef, Store } from '@attribution-bench/store';
import type { LoadedCheckpoint, TaskSpec } from '@attribution-bench/tasks';
import { readArtifact, writeArtifact } from '../../artifacts/codec.js';
import { runArtifact } from '../../artifacts/training-run.js';
import type { StepJob, TaskSource } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { TaskToPlan } from '../../model/task-to-plan.js';
import type { StepReport } from '../../model/work.js';
import { madeUpParameters } from '../made-up.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep, likenessByParts } from '../step-definition.js';

export interface TrainJob extends StepJob {
  readonly task: TaskSource;
  /** Seed of the method. */
  readonly seed: number;
  /** Models kept along the run; at least 1, the final one. */
  readonly snapshots: number;
  readonly run: number;
  readonly output: ArtifactOutput;
}

/** One of a method seed's independently seeded runs on the whole training set. */
export const trainStep = defineStep<TrainJob>({
  kind: 'train',
  priority: 6,
  cost: {
    likeness: likenessByParts,
    opens: true,
    standIn({ snapshots }, info) {
      const parameters = madeUpParameters(info.parameters);
      const models = Array.from({ length: snapshots }, (_, index) => ({
        step: index + 1,
        epoch: index + 1,
        learningRate: 0.1,
        parameters,
      }));
      return runArtifact.encode({ models, losses: new Float32Array(1) });
    },
  },
  result: () => runArtifact,
  code: ({ task }) => ({ network: task.spec }),
  run: trainCheckpoint,
});

/** @param snapshots models kept along the run, the final one included */
export function planRun(
  { task, source, parts, dataSteps }: TaskToPlan,
  { seed, run, snapshots }: Pick<TrainJob, 'seed' | 'run' | 'snapshots'>,
): StepDraft<TrainJob> {
  const output = trainStep.output({ ...parts, role: 'checkpoint', seed, run, snapshots });
  return trainStep.draft({
    label: `train ${task.id} seed ${seed} run ${run}${snapshots === 1 ? '' : `, ${snapshots} models along it`}`,
    task: task.id,
    needs: dataSteps,
    outputs: [output],
    job: { task: source, seed, run, snapshots, output },
    place: ['train', seed, run, snapshots],
  });
}

/** Seed of a training run on the whole training set, for methods to explain. */
function checkpointSeed(spec: TaskSpec, taskKey: string, methodSeed: number, run: number): Seed {
  return deriveSeed(spec.seed, taskKey, 'checkpoint', methodSeed, run);
}

/** Trains one model on the whole training set and keeps the models along the way. */
async function trainCheckpoint(job: TrainJob, { store, tasks, cancel, progress }: StepContext): Promise<StepReport> {
  const { spec, key } = job.task;
  const task = await tasks.use(job.task);
  const elapsed = stopwatch();
  const [{ parameters, snapshots, losses }] = await task.train({
    runs: [{ seed: checkpointSeed(spec, key, job.seed, job.run) }],
    snapshots: job.snapshots,
    cancel,
    progress,
  });
  const sanity = job.run === 0 ? { sanity: await task.sanity(parameters) } : {};
  await writeArtifact(store, job.output, runArtifact, { models: snapshots, losses, ...sanity });
  return elapsed();
}

/** The models along a stored run, the last one final. */
export async function readRun(
  store: Store,
  ref: ArtifactRef,
  { spec, key }: TaskSource,
  methodSeed: number,
  run: number,
): Promise<LoadedCheckpoint[]> {
  const { models } = await readArtifact(store, ref, runArtifact);
  const seed = checkpointSeed(spec, key, methodSeed, run);
  return models.map((model) => ({ ...model, id: `run ${run} step ${model.step}`, run, seed }));
}
