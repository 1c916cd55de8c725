import { deriveSeed, type Seed, sha256 } from '@attribution-bench/contract';
import type { ArtifactOutput, Store } from '@attribution-bench/store';
import type { TaskSpec } from '@attribution-bench/tasks';
import type { RetrainJob } from '../model/job.js';
import { drawSubsets } from './draw-subsets.js';
import { type StepReport, stopwatch, type Workshop, writeOutput } from './workshop.js';

function retrainSeed(spec: TaskSpec, taskKey: string, subset: number, seed: number): Seed {
  return deriveSeed(spec.seed, taskKey, 'truth-retrain', subset, seed);
}

/** Retrains one group of subsets, in their places, and keeps the target of every query under each model. */
export async function retrainSubsets(job: RetrainJob, workshop: Workshop): Promise<StepReport> {
  const { spec, key } = job.task;
  const task = await workshop.tasks.use(job.task);
  const membersOf = await drawSubsets(workshop.store, job.task, job.rule);
  const elapsed = stopwatch();
  const trained = await task.train({
    runs: job.subsets.map(({ subset }) => ({
      seed: retrainSeed(spec, key, subset, job.retrainSeed),
      members: membersOf(subset),
    })),
    cancel: workshop.cancel,
    progress: workshop.progress,
  });
  const targets = await task.queryTargets(trained.map(({ parameters }) => parameters));
  await Promise.all(
    job.subsets.map(({ output }, place) => {
      const { parameters, losses } = trained[place];
      const weights = sha256(new Uint8Array(parameters.buffer, parameters.byteOffset, parameters.byteLength));
      return writeRetraining(workshop.store, output, {
        outputs: targets[place],
        loss: losses[losses.length - 1],
        weights,
      });
    }),
  );
  return elapsed();
}

/** What is kept of one retraining. */
export interface Retraining {
  /** Target of every query. */
  readonly outputs: Float32Array;
  /** Mean training loss of the last epoch. */
  readonly loss: number;
  /** SHA-256 of the model's parameters. */
  readonly weights: string;
}

export function writeRetraining(
  store: Store,
  output: ArtifactOutput,
  { outputs, loss, weights }: Retraining,
): Promise<void> {
  const arrays = {
    outputs: { shape: [outputs.length], data: outputs },
    loss: { shape: [1], data: Float32Array.of(loss) },
  };
  return writeOutput(store, output, arrays, { weights });
}
