import { choice, int, num } from '@attribution-bench/contract';
import type { Choice } from '../spec.js';

/** What every diffusion model takes besides its architecture. */
export const diffusionParams = {
  diffusionSteps: int({ default: 1000, min: 2, max: 100_000, help: 'noise levels' }),
  betas: choice(['linear', 'cosine'], {
    default: 'linear',
    help: 'how noise grows: linear (Ho et al. 2020) or cosine (Nichol and Dhariwal 2021)',
  }),
  ema: num({
    default: 0,
    min: 0,
    max: 0.999999,
    help: 'decay of a moving average of the parameters, which is then the model; 0: none',
  }),
} as const;

/** A diffusion process: x_t = signal_t · x + noise_t · ε with signal² + noise² = 1, for t = 0 .. steps - 1. */
export interface Diffusion {
  readonly steps: number;
  /** Products of 1 - β up to each step: signal², [steps]. */
  readonly alphasCumprod: Float64Array;
}

export function diffusionOf(model: Choice): Diffusion {
  const steps = model.diffusionSteps as number;
  const alphasCumprod = model.betas === 'linear' ? linear(steps) : cosine(steps);
  return { steps, alphasCumprod };
}

/** β from 1e-4 to 0.02 over 1000 steps (Ho et al. 2020, section 4); other numbers of steps add as much noise in all. */
function linear(steps: number): Float64Array {
  const scale = 1000 / steps;
  return cumulated(steps, (t) => scale * (1e-4 + ((0.02 - 1e-4) * t) / (steps - 1)));
}

/** Nichol and Dhariwal 2021, equation 17, β at most 0.999. */
function cosine(steps: number): Float64Array {
  const level = (t: number) => Math.cos((((t / steps + 0.008) / 1.008) * Math.PI) / 2) ** 2;
  return cumulated(steps, (t) => 1 - level(t + 1) / level(t));
}

function cumulated(steps: number, beta: (t: number) => number): Float64Array {
  let product = 1;
  return Float64Array.from({ length: steps }, (_, t) => {
    product *= 1 - Math.min(beta(t), 0.999);
    return product;
  });
}
