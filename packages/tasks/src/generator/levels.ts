import { BenchError } from '@attribution-bench/contract';
import type { Diffusion } from './diffusion.js';

/** Columns of a level: signal, noise, then the time features. */
export const signalColumn = 0;
export const noiseColumn = 1;
export const timeColumn = 2;

/**
 * Everything a network and its input depend on at a time step: how much signal and noise, and the time features
 * sin(t · f_j), cos(t · f_j) with f_j = 10000^(-2j / features), [steps × (2 + features)].
 * @throws BenchError MODEL_TIME_FEATURES when there is not a cosine for each sine
 */
export function levelTable({ steps, alphasCumprod }: Diffusion, features: number): Float32Array {
  if (!(features >= 2 && features % 2 === 0)) {
    throw new BenchError({
      code: 'MODEL_TIME_FEATURES',
      message: `model.timeFeatures is ${features}, and each sine has a cosine`,
      next: 'give an even number, 2 or more',
    });
  }
  const width = timeColumn + features;
  const half = features / 2;
  const table = new Float32Array(steps * width);
  for (let t = 0; t < steps; t++) {
    table[t * width + signalColumn] = Math.sqrt(alphasCumprod[t]);
    table[t * width + noiseColumn] = Math.sqrt(1 - alphasCumprod[t]);
    for (let j = 0; j < half; j++) {
      const angle = t * Math.exp((-Math.log(10_000) * j) / half);
      table[t * width + timeColumn + j] = Math.sin(angle);
      table[t * width + timeColumn + half + j] = Math.cos(angle);
    }
  }
  return table;
}
