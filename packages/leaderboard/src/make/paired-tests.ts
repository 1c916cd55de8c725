import { spreadOfMean } from '@attribution-bench/numerics';
import { type EstimatedVariance, moderatedVariances } from '../statistics/moderated-variances.js';
import { tailWithUnknownVariance, type UnknownNoise } from '../statistics/tail-with-unknown-variance.js';
import { type DrawnNoise, type Measurement, pairedDifference } from './measure/measurement.js';
import { pairs } from './pairs.js';

/**
 * Two-sided p-value of the paired difference of every one of the {@link pairs}: of the hypothesis that both items would
 * have the same value on fresh subsets, queries, method seeds and repeats.
 *
 * What subsets and queries do is known well. What seeds do is known from a few of them: the differences of a pair by seed
 * give a variance with 2 degrees of freedom where there are three. Those of all pairs moderate each other, and what they
 * leave unknown is integrated out. Pairs of methods without such noise have none: a deterministic method takes no part.
 * @param items of one metric of one task, on the same draws
 */
export function pairedPValues(items: readonly Measurement[]): number[] {
  const differences = pairs(items.length).map(([i, j]) => measuredDifference(items[i], items[j]));
  const sources = [...new Set(items.flatMap(({ noises }) => Object.keys(noises)))];
  const unknown = sources.map((source) => moderatedNoise(items, differences, source));
  return differences.map(({ value, sampling }, pair) =>
    value === 0
      ? 1
      : tailWithUnknownVariance(
          value,
          sampling,
          unknown.flatMap((ofPairs) => ofPairs[pair] ?? []),
        ),
  );
}

interface MeasuredDifference extends Pick<Measurement, 'value' | 'noises'> {
  /** Of the subsets and queries. */
  readonly sampling: EstimatedVariance;
}

/** What the test needs of a difference, without its draws, which are large. */
function measuredDifference(a: Measurement, b: Measurement): MeasuredDifference {
  const { value, noises, statistic, draws } = pairedDifference(a, b);
  const { standardError, freedom } = spreadOfMean(statistic, draws);
  return { value, noises, sampling: { variance: standardError ** 2, freedom } };
}

/** The noise of one source in each difference; undefined where it has none. */
function moderatedNoise(
  items: readonly Measurement[],
  differences: readonly MeasuredDifference[],
  source: string,
): (UnknownNoise | undefined)[] {
  const noises = differences.map((difference) => varying(difference.noises[source]));
  const noisy = items.flatMap((item) => varying(item.noises[source]) ?? []);
  // The differences of n noisy methods are sums of n - 1 of them, or of n where one without noise is among the items.
  const independent = noisy.length - (noisy.length === items.length ? 1 : 0);
  const draws = Math.max(0, ...noisy.map((noise) => noise.draws));
  const moderated = moderatedVariances(
    noises.flatMap((noise) => (noise === undefined ? [] : [{ variance: noise.between, freedom: noise.draws - 1 }])),
    independent * (draws - 1),
  ).values();
  return noises.map((noise) => {
    const estimate = noise === undefined ? undefined : moderated.next().value;
    return noise && estimate && { ...estimate, counted: noise.own, draws: noise.draws };
  });
}

function varying(noise: DrawnNoise | undefined): DrawnNoise | undefined {
  return noise !== undefined && noise.between > 0 ? noise : undefined;
}
