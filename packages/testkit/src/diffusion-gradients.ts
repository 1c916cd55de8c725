import { collectRows } from '@attribution-bench/numerics';
import { neverCancelled, type Setting, taskSpec, trainedSetting } from './setting.js';

/** A small diffusion model and its gradients, averaged over three noise levels, as rows of length p. */
export interface DiffusionGradients {
  readonly setting: Setting;
  /** Learning rate of the step that led to the only model of the trajectory. */
  readonly learningRate: number;
  /** Gradients of the training loss of each training point. */
  readonly points: readonly (readonly number[])[];
  /** Gradients of the target of each query. */
  readonly queries: readonly (readonly number[])[];
}

/** What methods that multiply gradients are compared with on generators, at `timesteps: 3`; the task is the caller's to release. */
export async function diffusionGradients(): Promise<DiffusionGradients> {
  const [train, heldout, generated] = [12, 3, 2];
  const setting = await trainedSetting(
    taskSpec(
      {
        id: 'small',
        data: { use: 'synthetic', train, dims: 3 },
        model: { use: 'ddpm-mlp', hidden: [6], epochs: 10 },
        queries: { heldout, generated, samplerSteps: 5 },
      },
      1,
    ),
  );
  const models = await setting.models({ checkpoints: 1, trajectory: 1 });
  const ctx = setting.task.context({
    ...models,
    scope: [1, 2, 3, 4],
    cancel: neverCancelled,
    progress() {},
    log() {},
  });
  const rowsOf = async (of: 'train' | 'queries', output: 'loss' | 'target', count: number) => {
    const request = { of, output, checkpoint: ctx.checkpoints[0], timesteps: [0, 333, 666] } as const;
    const { data, cols } = await collectRows(ctx.gradients(request), count);
    return Array.from({ length: count }, (_, row) => [...data.subarray(row * cols, (row + 1) * cols)]);
  };
  return {
    setting,
    learningRate: models.trajectory[0].learningRate,
    points: await rowsOf('train', 'loss', train),
    queries: await rowsOf('queries', 'target', heldout + generated),
  };
}

/** Inner product of two rows. */
export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
