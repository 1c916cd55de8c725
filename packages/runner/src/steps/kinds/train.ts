import { deriveSeed, type Seed } from '@attribution-bench/contract';
import type { ArtifactOutput, ArtifactRef, Store } from '@attribution-bench/store';
import { type LoadedCheckpoint, snapshotEpochs, type TaskSpec } from '@attribution-bench/tasks';
import { readArtifact, writeArtifact } from '../../artifacts/codec.js';
import { runArtifact } from '../../artifacts/training-run.js';
import type { StepJob, TaskSource } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { TaskToPlan } from '../../model/task-to-plan.js';
import type { StepReport } from '../../model/work.js';
import { madeUpParameters } from '../made-up.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep, likenessByParts, stepIdOf } from '../step-definition.js';

export interface TrainJob extends StepJob {
  readonly task: TaskSource;
  /** Seed of the method. */
  readonly seed: number;
  readonly run: number;
  /** What is kept of the run: the final model first, then the models along it, for each number of them that is wanted. */
  readonly kept: readonly KeptModels[];
}

/** A result of a run: models evenly spread along it, the last one final. */
export interface KeptModels {
  /** How many; at least 1. */
  readonly snapshots: number;
  readonly output: ArtifactOutput;
}

/** One of a method seed's independently seeded runs on the whole training set. */
export const trainStep = defineStep<TrainJob>({
  kind: 'train',
  priority: 6,
  cost: {
    likeness: likenessByParts,
    opens: true,
    trainedPoints: (_job, train) => train,
    standIn({ kept }, info, { key }) {
      const { snapshots = 1 } = kept.find(({ output }) => output.key === key) ?? {};
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

/** The result of a run that keeps so many models along it. */
function runOutput(
  { parts }: TaskToPlan,
  { seed, run }: Pick<TrainJob, 'seed' | 'run'>,
  snapshots: number,
): ArtifactOutput {
  return trainStep.output({ ...parts, role: 'checkpoint', seed, run, snapshots });
}

/** Each is asked for by every cell that uses the run. */
const runIds = new WeakMap<TaskToPlan, Map<string, string>>();

/** Id of the step that trains a run, whatever is kept of it. */
export function runId(task: TaskToPlan, which: Pick<TrainJob, 'seed' | 'run'>): string {
  const known = runIds.get(task) ?? new Map<string, string>();
  runIds.set(task, known);
  const name = `${which.seed} ${which.run}`;
  const id = known.get(name) ?? stepIdOf(runOutput(task, which, 1));
  known.set(name, id);
  return id;
}

/**
 * A run is trained once, whatever is kept of it.
 * @param snapshots how many models to keep along it, the final one included; that one alone is kept besides
 */
export function planRun(
  planned: TaskToPlan,
  { seed, run, snapshots }: Pick<TrainJob, 'seed' | 'run'> & { readonly snapshots: readonly number[] },
): StepDraft<TrainJob> {
  const { task, source, dataSteps } = planned;
  const along = [...new Set(snapshots)].filter((count) => count > 1).toSorted((a, b) => a - b);
  const kept = [1, ...along].map((count) => ({
    snapshots: count,
    output: runOutput(planned, { seed, run }, count),
  }));
  return trainStep.draft({
    label: `train ${task.id} seed ${seed} run ${run}${along.length === 0 ? '' : `, ${along.join(' and ')} models along it`}`,
    task: task.id,
    needs: dataSteps,
    outputs: kept.map(({ output }) => output),
    job: { task: source, seed, run, kept },
    place: ['train', seed, run],
  });
}

/** The method seed whose runs are repeated where a truth keeps their seeds: whatever seeds a grid lists. */
export const keptSeed = 0;

/** Seed of a training run on the whole training set, for methods to explain. */
export function checkpointSeed(spec: TaskSpec, taskKey: string, methodSeed: number, run: number): Seed {
  return deriveSeed(spec.seed, taskKey, 'checkpoint', methodSeed, run);
}

/** Trains one model on the whole training set and keeps the models along the way. */
async function trainCheckpoint(job: TrainJob, { store, tasks, cancel, progress }: StepContext): Promise<StepReport> {
  const { spec, key } = job.task;
  const task = await tasks.use(job.task);
  const elapsed = stopwatch();
  const [{ parameters, snapshots, losses }] = await task.train({
    runs: [{ seed: checkpointSeed(spec, key, job.seed, job.run) }],
    snapshots: job.kept.map((kept) => kept.snapshots),
    cancel,
    progress,
  });
  const sanity = job.run === 0 ? { sanity: await task.sanity(parameters) } : {};
  for (const { snapshots: count, output } of job.kept) {
    const epochs = new Set(snapshotEpochs(task.info.epochs, count));
    const models = snapshots.filter(({ epoch }) => epochs.has(epoch));
    await writeArtifact(store, output, runArtifact, { models, losses, ...sanity });
  }
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
