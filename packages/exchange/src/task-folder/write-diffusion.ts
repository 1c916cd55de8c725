import type { PointSet } from '@attribution-bench/contract';
import type { PortableDiffusion } from '@attribution-bench/tasks';
import type { FolderWriter } from '../folder-writer.js';
import { writeNpy } from '../formats/write-npy.js';
import type { TaskToWrite } from './task-to-write.js';
import { writeArray } from './write-points.js';

const words =
  'x_t = signal[t] * x + noise[t] * e; the network is given x_t and the time features of t, and predicts e. ' +
  'Time features are sin(t * f_j), then cos(t * f_j), f_j = 10000^(-2j / timeFeatures), j = 0 .. timeFeatures / 2 - 1. ' +
  'Columns of levels: signal, noise, time features. The target averages over target.timesteps and draws; ' +
  'the loss and the gradients of a point average over method.timesteps with one noise each.';

/** Writes the noise of a generator, point by point; returns what `task.json` says of it. */
export async function writeDiffusion(folder: FolderWriter, { data, spec }: TaskToWrite, diffusion: PortableDiffusion) {
  const { steps, timeFeatures, alphasCumprod, levels, target, method } = diffusion;
  const { inputShape } = data;
  const counts = { train: data.labels.length, queries: data.queryLabels.length };
  const noise = (path: string, of: PointSet, places: readonly number[], noiseOf: (point: number) => Float32Array) =>
    folder.write(path, (append) =>
      writeNpy(append, [counts[of], ...places, ...inputShape], eachPoint(counts[of], noiseOf), 'float32'),
    );
  const timesteps = (path: string, values: readonly number[]) =>
    writeArray(folder, path, [values.length], Int32Array.from(values), 'int32');
  const [k, j] = [target.timesteps.length, method.timesteps.length];
  return {
    steps,
    betas: spec.model.betas,
    timeFeatures,
    ema: spec.model.ema,
    alphasCumprod: await writeArray(folder, 'diffusion/alphas_cumprod.npy', [steps], alphasCumprod, 'float64'),
    levels: await writeArray(folder, 'diffusion/levels.npy', [steps, 2 + timeFeatures], levels, 'float32'),
    target: {
      timesteps: await timesteps('diffusion/target/timesteps.npy', target.timesteps),
      draws: target.draws,
      noiseQueries: await noise(
        'diffusion/target/noise_queries.npy',
        'queries',
        [k, target.draws],
        diffusion.targetNoise,
      ),
    },
    method: {
      timesteps: await timesteps('diffusion/method/timesteps.npy', method.timesteps),
      noiseTrain: await noise('diffusion/method/noise_train.npy', 'train', [j], (point) =>
        diffusion.methodNoise('train', point),
      ),
      noiseQueries: await noise('diffusion/method/noise_queries.npy', 'queries', [j], (point) =>
        diffusion.methodNoise('queries', point),
      ),
    },
    words,
  };
}

function* eachPoint(count: number, noiseOf: (point: number) => Float32Array): Generator<Float32Array> {
  for (let point = 0; point < count; point++) yield noiseOf(point);
}
