import { type CancelSignal, type Seed, sizeOf } from '@attribution-bench/contract';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import { drawSteps, type ReverseProcess } from './draw-images.js';
import { compileReverseProcess } from './reverse-process.js';
import { descendingTimesteps, reverseSteps } from './reverse-steps.js';
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

/** Compiles the reverse process, from pure noise down. */
export async function openSampler(
  engine: Engine,
  subject: GeneratorSubject,
  inputShape: readonly number[],
  sampling: Sampling,
): Promise<Sampler> {
  const dims = sizeOf(inputShape);
  const noisy = sampling.sampler === 'ddpm';
  // Large networks draw few at once, so that memory is bounded and little is drawn in vain.
  const fitting = Math.floor(activationsAtOnce / subject.architecture.activations);
  const imagesAtOnce = Math.max(1, Math.min(mostImages, fitting));
  const shape = { imagesAtOnce, inputShape, dims, noisy };
  const program = await compileReverseProcess(engine, subject, shape);
  const timesteps = descendingTimesteps(subject.diffusion.steps, sampling.steps);
  const nexts = reverseSteps(subject.diffusion.alphasCumprod, timesteps, noisy ? 1 : 0);
  const process: ReverseProcess = { ...shape, program, subject, timesteps, nexts };
  return {
    timesteps,
    async sample(parameters, images, seed, cancel) {
      const drawn = new Float32Array(images.length * dims);
      for await (const { start, count, x } of drawSteps(process, { parameters, images, seed, cancel }))
        drawn.set(x.subarray(0, count * dims), start * dims);
      return drawn;
    },
    async path(parameters, images, seed, cancel) {
      const path = new Float32Array(images.length * timesteps.length * dims);
      for await (const drawn of drawSteps(process, { parameters, images, seed, cancel })) {
        const { start, count, from, steps, clean } = drawn;
        for (let i = 0; i < count; i++)
          for (let s = 0; s < steps; s++) {
            const place = (s * imagesAtOnce + i) * dims;
            path.set(clean.subarray(place, place + dims), ((start + i) * timesteps.length + from + s) * dims);
          }
      }
      return path;
    },
    release: () => program.release(),
  };
}
