import { normalCdf, normalTangentMass } from '@attribution-bench/numerics';
import type { Interval } from '../../board.js';

/**
 * What every point adds to an area under a ROC curve: for a positive, the share of negatives it beats, for a negative, the
 * share of positives it loses to. The means of both are the area; of a difference of areas, the difference.
 */
export interface Placements {
  readonly positives: Float64Array;
  readonly negatives: Float64Array;
}

/** A variance and the degrees of freedom it is known with. */
export interface AreaSpread {
  readonly standardError: number;
  readonly freedom: number;
}

/** Misses that a spread is taken to have shown beside those that were seen. */
const priorMisses = 2;
/** What is added to the effective number of misses for degrees of freedom. */
const priorFreedom = 3;

/** Placements of scores; ties count half. */
export function placementsOf(scores: Float64Array, positive: Uint8Array): Placements {
  const sorted = (flag: boolean) => scores.filter((_, i) => (positive[i] !== 0) === flag).sort();
  const [positives, negatives] = [sorted(true), sorted(false)];
  return {
    positives: scores.filter((_, i) => positive[i] !== 0).map((score) => shareBelow(negatives, score)),
    negatives: scores.filter((_, i) => positive[i] === 0).map((score) => 1 - shareBelow(positives, score)),
  };
}

/** Share of sorted values below one, equal ones counting half. */
function shareBelow(sorted: Float64Array, value: number): number {
  const first = (isPast: (other: number) => boolean) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isPast(sorted[middle])) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return (first((other) => other >= value) + first((other) => other > value)) / (2 * sorted.length);
}

/** Spread of means of placements, over fresh points (DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44). */
export function spreadOfPlacements({ positives, negatives }: Placements): AreaSpread {
  const parts = [positives, negatives].map((values) => ({
    variance: varianceOf(values) / values.length,
    freedom: Math.max(1, values.length - 1),
    misses: effectiveNumber(values),
  }));
  const variance = parts.reduce((sum, part) => sum + part.variance, 0);
  const terms = parts.reduce((sum, part) => sum + part.variance ** 2 / part.freedom, 0);
  const misses = Math.min(...parts.map((part) => part.misses));
  return {
    standardError: Math.sqrt(variance),
    freedom: Math.min(misses + priorFreedom, variance === 0 ? Number.POSITIVE_INFINITY : variance ** 2 / terms),
  };
}

/**
 * Interval of an area by the test that it inverts: an area θ is inside when the observed one is at most t standard errors of θ
 * away. The variance at θ is the geometric mean of those of two shapes of scores, equal normal and exponential ones
 * (Hanley and McNeil 1982, Radiology 143), times the ratio that placements show at the observed area, which is drawn
 * towards 1 as if two misses more had been seen. So the interval has width at 1 too, where placements show none. Few
 * misses show a spread badly: degrees of freedom are their effective number plus 3.
 * @param noise variance of the area from anything but the points, and half the variance of that estimate
 */
export function areaInterval(
  area: number,
  placements: Placements,
  noise: { readonly variance: number; readonly uncertainty: number },
  quantile: (freedom: number) => number,
): Interval {
  const sizes = [placements.positives.length, placements.negatives.length] as const;
  const missed = (values: Float64Array) => effectiveNumber(area < 0.5 ? values : values.map((value) => 1 - value));
  const misses = Math.min(missed(placements.positives), missed(placements.negatives));
  const usual = usualVariance(normalQuantile(area), sizes);
  const sampling = spreadOfPlacements(placements);
  const seen = area > 0 && area < 1 ? sampling.standardError ** 2 / usual : 1;
  const ratio = (misses * seen + priorMisses) / (misses + priorMisses);
  const samplingVariance = ratio * usual;
  const freedom = Math.min(misses + priorFreedom, sampling.freedom);
  const total = samplingVariance + noise.variance;
  const t = quantile(
    noise.uncertainty === 0 ? freedom : total ** 2 / (samplingVariance ** 2 / freedom + noise.uncertainty),
  );
  const factor = t ** 2 * (usual === 0 ? ratio : total / usual);
  const isInside = (z: number) => (area - normalCdf(z)) ** 2 <= factor * usualVariance(z, sizes);
  const z = normalQuantile(area);
  const edge = (outside: number) => {
    let [inner, outer] = [z, outside];
    for (let i = 0; i < 60; i++) {
      const middle = (inner + outer) / 2;
      if (isInside(middle)) inner = middle;
      else outer = middle;
    }
    return normalCdf(inner);
  };
  return { low: area === 0 ? 0 : edge(-extreme), high: area === 1 ? 1 : edge(extreme) };
}

/** As many equal misses as weigh like these (Kish 1965). */
function effectiveNumber(values: Float64Array): number {
  const sum = values.reduce((total, value) => total + Math.abs(value), 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return squares === 0 ? 0 : sum ** 2 / squares;
}

function varianceOf(values: Float64Array): number {
  const centre = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / Math.max(1, values.length - 1);
}

/** The normal quantile beyond which an area counts as 0 or 1. */
const extreme = 8;

function normalQuantile(area: number): number {
  let [low, high] = [-extreme, extreme];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < area) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Variance of the area whose normal quantile is `z`, for scores between normal and exponential ones in shape. */
function usualVariance(z: number, [positives, negatives]: readonly [number, number]): number {
  const [area, rest] = [normalCdf(z), normalCdf(-z)];
  const spread = area * rest;
  const others = positives + negatives - 2;
  const normal = spread + others * Math.max(0, spread - 2 * normalTangentMass(z, 1 / Math.sqrt(3)));
  const exponential = spread * (1 + (others / 2) * (rest / (1 + rest) + area / (1 + area)));
  return Math.sqrt(normal * exponential) / (positives * negatives);
}
