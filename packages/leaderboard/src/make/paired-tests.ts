import { spreadBySubsets } from '@attribution-bench/numerics';
import { type EstimatedVariance, moderatedVariances } from '../statistics/moderated-variances.js';
import { tailWithUnknownVariance, type UnknownNoise } from '../statistics/tail-with-unknown-variance.js';
import { type DrawnNoise, type Measurement, pairedDifference, samplingSpreadOf } from './measure/measurement.js';
import { pairs } from './pairs.js';

/** The test of one of the {@link pairs}, as it is and as it would be on other numbers of subsets. */
export interface PairedTest {
  /** What the first item is better by, in units of the metric. */
  readonly value: number;
  /** Noise of so many subsets, by default those there are, and of the queries. */
  sampling(subsets?: number): EstimatedVariance;
  /** Chance of a difference as far from 0 as `value`, if there is none, with that noise and what seeds and repeats add. */
  tail(value: number, sampling: EstimatedVariance): number;
  /** {@link tail} without what seeds and repeats add. */
  tailOfSampling(value: number, sampling: EstimatedVariance): number;
}

/**
 * Tests the paired difference of every one of the {@link pairs}: the hypothesis that both items would have the same value on
 * fresh subsets, queries, method seeds and repeats.
 *
 * What subsets and queries do is known well. What seeds do is known from a few of them: the differences of a pair by seed
 * give a variance with 2 degrees of freedom where there are three. Those of all pairs moderate each other, and what they
 * leave unknown is integrated out. Pairs of methods without such noise have none: a deterministic method takes no part.
 * @param items of one metric of one task, on the same draws
 */
export function pairedTests(items: readonly Measurement[]): PairedTest[] {
  const differences = pairs(items.length).map(([i, j]) => measuredDifference(items[i], items[j]));
  const sources = [...new Set(items.flatMap(({ noises }) => Object.keys(noises)))];
  const unknown = sources.map((source) => moderatedNoise(items, differences, source));
  return differences.map(({ value, sampling }, pair) => {
    const noises = unknown.flatMap((ofPairs) => ofPairs[pair] ?? []);
    const tailWith = (added: typeof noises) => (distance: number, of: EstimatedVariance) =>
      distance === 0 ? 1 : tailWithUnknownVariance(distance, of, added);
    return { value, sampling, tail: tailWith(noises), tailOfSampling: tailWith([]) };
  });
}

/** Two-sided p-value of each of {@link pairedTests}. */
export function pairedPValues(tests: readonly PairedTest[]): number[] {
  return tests.map(({ value, sampling, tail }) => tail(value, sampling()));
}

interface MeasuredDifference extends Pick<Measurement, 'value' | 'noises'>, Pick<PairedTest, 'sampling'> {}

/** What the test needs of a difference, without its draws, which are large. */
function measuredDifference(a: Measurement, b: Measurement): MeasuredDifference {
  const { value, noises, statistic, draws } = pairedDifference(a, b);
  // Areas under ROC curves come from training points: other numbers of subsets change nothing.
  const spread =
    statistic.placementChanges === undefined
      ? spreadBySubsets(statistic, draws)
      : () => samplingSpreadOf({ statistic, draws });
  const there = draws.subsets;
  const sampling = (subsets = there) => {
    const { standardError, freedom } = spread(subsets);
    return { variance: standardError ** 2, freedom };
  };
  return { value, noises, sampling };
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
