import { logGamma } from './gamma.js';
import type { EstimatedVariance } from './moderated-variances.js';
import { twoSidedTail } from './student-t.js';

/** Noise of a variance that is known as well as its degrees of freedom say, less a part of it that is known. */
export interface UnknownNoise extends EstimatedVariance {
  /** What of the variance is counted elsewhere. */
  readonly counted: number;
  /** The noise is averaged over so many draws. */
  readonly draws: number;
}

/** More degrees of freedom than this change no tail that anybody looks at. */
const plenty = 1e6;

/**
 * Chance of a value at least as far from 0 as this one, if its expectation is 0 and its noise is the sum of one part
 * whose variance is well known and others that are known badly (Behrens and Fisher's problem). The variances of the latter
 * are integrated out over what their estimates leave possible, freedom × estimate / χ²: an estimate that came out small by
 * chance does not pass for proof that the noise is small, which is what makes Satterthwaite's single number of degrees of
 * freedom wrong far out in the tail. Several of them are taken to be large or small together, with the fewest degrees of
 * freedom of any, which errs on the side of a larger chance.
 */
export function tailWithUnknownVariance(
  value: number,
  known: EstimatedVariance,
  unknown: readonly UnknownNoise[],
): number {
  const tail = (noise: number) => {
    const total = known.variance + noise;
    if (total === 0) return value === 0 ? 1 : 0;
    const freedom = known.variance === 0 ? plenty : known.freedom * (total / known.variance) ** 2;
    return twoSidedTail(value / Math.sqrt(total), Math.min(plenty, freedom));
  };
  /** The noise if the variances are `factor` times their estimates. */
  const noiseAt = (factor: number) =>
    unknown.reduce((sum, { variance, counted, draws }) => sum + Math.max(0, variance * factor - counted) / draws, 0);
  const freedom = Math.min(...unknown.map((noise) => noise.freedom));
  if (freedom >= plenty) return tail(noiseAt(1));

  // The trapezoid rule over w = ln(χ² / freedom), whose density is smooth and falls off fast on both sides.
  const half = freedom / 2;
  const scale = half * Math.log(half) - logGamma(half);
  const width = Math.sqrt(2 / freedom);
  const step = width / 4;
  const [first, last] = [-10 * width - 40 / freedom, Math.log(1 + 10 * width + 60 / freedom)];
  let [sum, mass] = [0, 0];
  for (let w = first; w <= last; w += step) {
    const density = Math.exp(scale + half * (w - Math.exp(w)));
    mass += density;
    sum += density * tail(noiseAt(Math.exp(-w)));
  }
  return Math.min(1, sum / mass);
}
