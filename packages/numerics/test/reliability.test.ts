import { Rng } from '@attribution-bench/contract';
import { describe, expect, it } from 'vitest';
import { mean, spearman } from '../src/statistics/rank.js';
import { noiseCeiling, spearmanBrown } from '../src/statistics/reliability.js';
import { drawJointly, spreadOfMean } from '../src/statistics/resampling.js';
import { seedStatistics } from '../src/statistics/seed-statistics.js';
import { expectedCeiling, expectedStatistics } from '../src/statistics/shaped-agreement.js';
import { normalMean, normalNodes, type Shape, shapedVariable, shapeOfMean } from '../src/statistics/shaped-variable.js';

interface Simulated {
  /** [subsets × retrainSeeds × queries] */
  readonly outputs: Float64Array;
  /** Mean Spearman correlation of the noise-free effect with the mean output. */
  readonly reached: number;
}

const subsets = 64;

/** Effect and noise of every output normal; the reliability of one retraining is `reliability` ± `spread` over queries. */
function simulate(rng: Rng, reliability: number, retrainSeeds: number, queries: number, spread = 0): Simulated {
  const outputs = new Float64Array(subsets * retrainSeeds * queries);
  const reached: number[] = [];
  for (let q = 0; q < queries; q++) {
    const own = Math.max(0, Math.min(1, reliability + spread * rng.normal()));
    const effects = Float64Array.from({ length: subsets }, () => rng.normal());
    const means = new Float64Array(subsets);
    for (let j = 0; j < subsets; j++) {
      for (let r = 0; r < retrainSeeds; r++) {
        const value = Math.sqrt(own) * effects[j] + Math.sqrt(1 - own) * rng.normal();
        outputs[(j * retrainSeeds + r) * queries + q] = value;
        means[j] += value / retrainSeeds;
      }
    }
    reached.push(spearman(effects, means) ?? 0);
  }
  return { outputs, reached: mean(reached) };
}

const normal: Shape = { skew: 0, logTail: 0 };

/** From a standard normal variable to one of a shape, linear between the nodes. */
function shapedSamples(shape: Shape): (z: number) => number {
  const { values } = shapedVariable(shape);
  const step = normalNodes[1] - normalNodes[0];
  return (z) => {
    const place = Math.max(0, Math.min(values.length - 1.001, (z - normalNodes[0]) / step));
    const at = Math.floor(place);
    return values[at] + (place - at) * (values[at + 1] - values[at]);
  };
}

describe('spearmanBrown', () => {
  it('is the reliability of a mean of parallel measurements', () => {
    expect(spearmanBrown(0.5, 1)).toBe(0.5);
    expect(spearmanBrown(0.5, 3)).toBeCloseTo(0.75, 14);
    expect(spearmanBrown(-0.1, 3)).toBe(0);
    expect(spearmanBrown(1, 7)).toBe(1);
  });
});

describe('expected agreement of shaped effects', () => {
  it('is that of normal variables in closed form (Pearson 1907, Hosking 1990)', () => {
    for (const reliability of [0.1, 0.5, 0.9, 0.98]) {
      const [rank, crossSkew, skew, crossTail, tail] = expectedStatistics({
        reliability,
        effect: normal,
        noise: normal,
      });
      expect(rank).toBeCloseTo((6 / Math.PI) * Math.asin(reliability / 2), 4);
      expect(Math.abs(crossSkew) + Math.abs(skew)).toBeLessThan(1e-9);
      expect(crossTail / tail).toBeCloseTo(reliability, 3);
      expect(tail).toBeCloseTo(0.1226, 3);
      const ceiling = expectedCeiling({ reliability, effect: normal, noise: normal });
      expect(ceiling).toBeCloseTo((6 / Math.PI) * Math.asin(Math.sqrt(reliability) / 2), 4);
    }
  });

  it('is that of drawn samples for skewed effects and noise with heavy tails', () => {
    const effect = { skew: 0.6, logTail: -0.1 };
    const noise = { skew: -0.2, logTail: -0.3 };
    const shape = { subsets: 4000, retrainSeeds: 2, queries: 1 };
    const [e, n] = [effect, noise].map(shapedSamples);
    const rng = new Rng([1, 6, 1, 8]);
    const effects = Float64Array.from({ length: shape.subsets }, () => e(rng.normal()));
    const outputs = new Float64Array(2 * shape.subsets).map(
      (_, at) => Math.sqrt(0.4) * effects[at >> 1] + Math.sqrt(0.6) * n(rng.normal()),
    );
    const expected = expectedStatistics({ reliability: 0.4, effect, noise });
    const { values } = seedStatistics(outputs, shape);
    expected.forEach((value, i) => {
      expect(Math.abs(values[i] - value)).toBeLessThan(0.04);
    });
    const single = spearman(
      effects,
      outputs.filter((_, at) => at % 2 === 0),
    );
    expect(Math.abs((single ?? 0) - expectedCeiling({ reliability: 0.4, effect, noise }))).toBeLessThan(0.02);
  });

  it('keeps skewness and kurtosis of a mean', () => {
    expect(shapeOfMean(normal, 3).skew).toBeCloseTo(0, 9);
    expect(shapeOfMean(normal, 3).logTail).toBeCloseTo(0, 3);
    const { values } = shapedVariable(shapeOfMean({ skew: 0.5, logTail: -0.2 }, 4));
    const single = shapedVariable({ skew: 0.5, logTail: -0.2 }).values;
    expect(normalMean((i) => values[i] ** 3)).toBeCloseTo(normalMean((i) => single[i] ** 3) / 2, 5);
    expect(normalMean((i) => values[i] ** 4) - 3).toBeCloseTo((normalMean((i) => single[i] ** 4) - 3) / 4, 5);
  });
});

describe('seedStatistics', () => {
  it('has influences that say what leaving a subset out does', () => {
    const shape = { subsets: 9, retrainSeeds: 3, queries: 2 };
    const rng = new Rng([2, 7, 1, 8]);
    const outputs = Float64Array.from({ length: 54 }, () => Math.round(3 * rng.normal()));
    const { values, influences } = seedStatistics(outputs, shape);
    const without = seedStatistics(outputs.slice(6), { ...shape, subsets: 8 }).values;
    const last = seedStatistics(outputs.slice(0, 48), { ...shape, subsets: 8 }).values;
    values.forEach((_, at) => {
      const size = values.length;
      expect(influences[at] - influences[8 * size + at]).toBeCloseTo(8 * (last[at] - without[at]), 9);
    });
  });
});

describe('noiseCeiling', () => {
  it.each([
    [0.1, 3, 0],
    [0.1, 5, 0],
    [0.25, 2, 0],
    [0.25, 3, 0],
    [0.5, 2, 0],
    [0.5, 5, 0],
    [0.9, 2, 0],
    [0.3, 3, 0.2],
    [0.6, 2, 0.25],
  ])(
    'is what knowing the effect reaches: reliability %s, %s seeds, spread over queries %s',
    (reliability, seeds, spread) => {
      const rng = new Rng([7, 7, 7, 7]);
      const errors = Array.from({ length: 6 }, () => {
        const { outputs, reached } = simulate(rng, reliability, seeds, 40, spread);
        const ceiling = noiseCeiling(outputs, { subsets, retrainSeeds: seeds, queries: 40 }, 'spearman');
        return (ceiling?.value ?? NaN) - reached;
      });
      expect(Math.abs(mean(errors))).toBeLessThan(0.02);
    },
  );

  it('is not known from one seed', () => {
    const { outputs } = simulate(new Rng([1, 1, 1, 1]), 0.5, 1, 3);
    expect(noiseCeiling(outputs, { subsets, retrainSeeds: 1, queries: 3 }, 'spearman')).toBeUndefined();
  });

  it('is 1 when seeds agree and 0 when they contradict each other', () => {
    const ramp = Float64Array.from({ length: subsets * 2 }, (_, at) => Math.floor(at / 2));
    expect(noiseCeiling(ramp, { subsets, retrainSeeds: 2, queries: 1 }, 'spearman')?.value).toBeCloseTo(1, 6);
    const opposed = ramp.map((value, at) => (at % 2 === 0 ? value : -value));
    const ceiling = noiseCeiling(opposed, { subsets, retrainSeeds: 2, queries: 1 }, 'spearman');
    expect(ceiling?.value).toBe(0);
    expect(ceiling?.agreement).toBeCloseTo(-1, 6);
  });

  it('has a statistic whose mean is the ceiling on the original and spreads over draws', () => {
    const shape = { subsets, retrainSeeds: 2, queries: 20 };
    const draws = drawJointly({ resamples: 200, subsets, queries: 20 }, [5, 5, 5, 5]);
    const { outputs } = simulate(new Rng([9, 9, 9, 9]), 0.3, 2, 20, 0.1);
    const ceiling = noiseCeiling(outputs, shape, 'spearman', draws);
    if (ceiling?.statistic === undefined) throw new Error('no draws');
    expect(mean(ceiling.statistic.perQuery)).toBeCloseTo(ceiling.value, 9);
    const { standardError } = spreadOfMean(ceiling.statistic, draws);
    expect(standardError).toBeGreaterThan(0.01);
    expect(standardError).toBeLessThan(0.06);
    expect(ceiling.shapeVariance).toBeLessThan(standardError ** 2);
  });

  it('of product moments is the root of Spearman and Brown', () => {
    const errors = Array.from({ length: 10 }, (_, i) => {
      const { outputs } = simulate(new Rng([i, 9, 9, 9]), 0.4, 3, 20);
      return noiseCeiling(outputs, { subsets, retrainSeeds: 3, queries: 20 }, 'pearson')?.value ?? Number.NaN;
    });
    expect(Math.abs(mean(errors) - Math.sqrt(spearmanBrown(0.4, 3)))).toBeLessThan(0.015);
  });
});
