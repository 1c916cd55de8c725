import { type CancelSignal, childSeed, type Seed } from '@attribution-bench/contract';
import type { Program } from '@attribution-bench/onnx';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { parameterSpecs, stacked } from '../nn/architecture/flat.js';
import { runModels } from '../nn/interpreters/apply.js';
import { rowRanges } from '../passes/row-ranges.js';
import { noiseColumn, signalColumn, timeColumn } from './levels.js';
import { normalRows } from './normal-rows.js';
import type { GeneratorSubject } from './subject.js';

/** How images are drawn from a diffusion model. */
export interface Sampling {
  /** `ddim` (Song et al. 2021) is deterministic from its first noise on; `ddpm` adds noise in each step. */
  readonly sampler: 'ddim' | 'ddpm';
  readonly steps: number;
}

export interface Sampler {
  /**
   * Images of a model, [images × dims] in [-1, 1]. Image i depends on the model, the seed and i alone, so that two
   * models are compared on the same noise.
   */
  sample(parameters: Float32Array, images: readonly number[], seed: Seed, cancel: CancelSignal): Promise<Float32Array>;
  /** From noise to image. */
  readonly timesteps: readonly number[];
  /**
   * What the model takes for the clean image at each time step on the way to these images, [images × steps × dims] in
   * [-1, 1]. That of the last step is the image itself.
   */
  path(parameters: Float32Array, images: readonly number[], seed: Seed, cancel: CancelSignal): Promise<Float32Array>;
  release(): Promise<void>;
}

const mostImages = 64;
const activationsAtOnce = 2 ** 23;
const stepsAtOnce = 50;
/** What the step from t to the next lower time step takes besides the level of t. */
const stepColumns = ['signal', 'direction', 'spread'] as const;

/** Some steps of some images: the images after them, and the clean images that each step assumed. */
interface DrawnSteps {
  /** Images [start, start + count) of those asked for, time steps [from, from + steps) of all. */
  readonly start: number;
  readonly count: number;
  readonly from: number;
  readonly steps: number;
  /** [images at once × dims] */
  readonly x: Float32Array;
  /** [steps × images at once × dims] */
  readonly clean: Float32Array;
}

/** Compiles the reverse process as a loop over time steps, from pure noise down. */
export async function openSampler(
  engine: Engine,
  subject: GeneratorSubject,
  inputShape: readonly number[],
  sampling: Sampling,
): Promise<Sampler> {
  const { architecture, levels, levelWidth } = subject;
  const dims = inputShape.reduce((product, dim) => product * dim, 1);
  const noisySteps = sampling.sampler === 'ddpm';
  // Large networks draw few at once, so that memory is bounded and little is drawn in vain.
  const imagesAtOnce = Math.max(1, Math.min(mostImages, Math.floor(activationsAtOnce / architecture.activations)));
  const image = { shape: [imagesAtOnce, dims], dtype: 'float32' } as const;
  const program: Program = await engine.scan(
    ({ carry: { x }, each: { level, next, noise }, shared }) => {
      const at = (vector: tf.Tensor, index: number) => tf.slice(vector, [index], [1]);
      const time = tf.tile(tf.reshape(tf.slice(level, [timeColumn], [levelWidth - timeColumn]), [1, 1, -1]), [
        1,
        imagesAtOnce,
        1,
      ]);
      const input = tf.reshape(x, [1, imagesAtOnce, ...inputShape]);
      const predicted = tf.reshape(runModels(subject, shared, input, time), [imagesAtOnce, dims]);
      const unclipped = tf.div(tf.sub(x, tf.mul(predicted, at(level, noiseColumn))), at(level, signalColumn));
      const clean = tf.clipByValue(unclipped, -1, 1);
      // The noise that leads from the clipped image to x, so that both parts stay consistent.
      const direction = tf.div(tf.sub(x, tf.mul(clean, at(level, signalColumn))), at(level, noiseColumn));
      const mean = tf.add(tf.mul(clean, at(next, 0)), tf.mul(direction, at(next, 1)));
      return { carry: { x: noise === undefined ? mean : tf.add(mean, tf.mul(noise, at(next, 2))) }, emit: { clean } };
    },
    {
      carry: { x: image },
      each: {
        level: { shape: [levelWidth], dtype: 'float32' },
        next: { shape: [stepColumns.length], dtype: 'float32' },
        ...(noisySteps ? { noise: image } : {}),
      },
      shared: parameterSpecs(architecture.arrays, 1),
    },
  );
  const timesteps = descendingTimesteps(subject.diffusion.steps, sampling.steps);
  const nexts = reverseSteps(subject.diffusion.alphasCumprod, timesteps, noisySteps ? 1 : 0);
  /** Draws images, `imagesAtOnce` at a time; `visit` sees what each run of the program gives. */
  const draw = async (
    parameters: Float32Array,
    images: readonly number[],
    { seed, cancel }: { readonly seed: Seed; readonly cancel: CancelSignal },
    visit: (drawn: DrawnSteps) => void,
  ): Promise<void> => {
    const model = stacked(architecture.arrays, [parameters]);
    for (const { start, count } of rowRanges(images.length, imagesAtOnce)) {
      const rows = images
        .slice(start, start + count)
        .map((index) => normalRows(childSeed(seed, `image ${index}`), dims));
      let x: Float32Array = new Float32Array(imagesAtOnce * dims);
      for (const [i, normals] of rows.entries()) normals.fill(0, x.subarray(i * dims, (i + 1) * dims));
      for (const { start: from, count: steps } of rowRanges(timesteps.length, stepsAtOnce)) {
        cancel.throwIfAborted();
        const level = new Float32Array(steps * levelWidth);
        const noise = new Float32Array(noisySteps ? steps * x.length : 0);
        for (let s = 0; s < steps; s++) {
          const t = timesteps[from + s];
          level.set(levels.subarray(t * levelWidth, (t + 1) * levelWidth), s * levelWidth);
          if (!noisySteps) continue;
          for (const [i, normals] of rows.entries()) {
            const place = (s * imagesAtOnce + i) * dims;
            normals.fill(from + s + 1, noise.subarray(place, place + dims));
          }
        }
        const next = nexts.slice(from * stepColumns.length, (from + steps) * stepColumns.length);
        const feeds = { ...model, x, level, next, ...(noisySteps ? { noise } : {}) };
        const results = await program.run(feeds);
        x = results.x as Float32Array;
        visit({ start, count, from, steps, x, clean: results.clean as Float32Array });
      }
    }
  };
  return {
    timesteps,
    async sample(parameters, images, seed, cancel) {
      const drawn = new Float32Array(images.length * dims);
      await draw(parameters, images, { seed, cancel }, ({ start, count, x }) => {
        drawn.set(x.subarray(0, count * dims), start * dims);
      });
      return drawn;
    },
    async path(parameters, images, seed, cancel) {
      const path = new Float32Array(images.length * timesteps.length * dims);
      await draw(parameters, images, { seed, cancel }, ({ start, count, from, steps, clean }) => {
        for (let i = 0; i < count; i++)
          for (let s = 0; s < steps; s++) {
            const place = (s * imagesAtOnce + i) * dims;
            path.set(clean.subarray(place, place + dims), ((start + i) * timesteps.length + from + s) * dims);
          }
      });
      return path;
    },
    release: () => program.release(),
  };
}

/** `count` time steps evenly spread over all, from high to low, ending with 0. */
export function descendingTimesteps(steps: number, count: number): number[] {
  const used = Math.min(count, steps);
  const stride = Math.floor(steps / used);
  return Array.from({ length: used }, (_, k) => (used - 1 - k) * stride);
}

/**
 * Song et al. 2021 (DDIM), equation 12: x_next = signal · x̂_0 + direction · ε̂ + spread · z for each step, where spread is
 * eta times that of the DDPM posterior; the last step goes to the clean image. [steps × 3]
 */
export function reverseSteps(alphasCumprod: Float64Array, timesteps: readonly number[], eta: number): Float32Array {
  const rows = timesteps.flatMap((t, k) => {
    const now = alphasCumprod[t];
    const next = k + 1 < timesteps.length ? alphasCumprod[timesteps[k + 1]] : 1;
    const spread = eta * Math.sqrt(((1 - next) / (1 - now)) * (1 - now / next));
    return [Math.sqrt(next), Math.sqrt(Math.max(0, 1 - next - spread ** 2)), spread];
  });
  return Float32Array.from(rows);
}
