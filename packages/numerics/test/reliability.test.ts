import { Rng } from '@attribution-bench/contract';
import { describe, expect, it } from 'vitest';
import { mean, spearman } from '../src/rank.js';
import { noiseCeiling, rankCorrelationOf, spearmanBrown } from '../src/reliability.js';
import { drawJointly, percentileInterval } from '../src/resampling.js';

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

describe('spearmanBrown', () => {
  it('is the reliability of a mean of parallel measurements', () => {
    expect(spearmanBrown(0.5, 1)).toBe(0.5);
    expect(spearmanBrown(0.5, 3)).toBeCloseTo(0.75, 14);
    expect(spearmanBrown(-0.1, 3)).toBe(0);
    expect(spearmanBrown(1, 7)).toBe(1);
  });
});

describe('rankCorrelationOf', () => {
  // Simulated Spearman ceilings for normal effects and noise and 64 subsets: reliability of one, then by seeds.
  it.each([
    [0.1, { 1: 0.3, 3: 0.48, 5: 0.57, 10: 0.7 }],
    [0.25, { 1: 0.47, 3: 0.68, 5: 0.77, 10: 0.86 }],
    [0.5, { 1: 0.68, 3: 0.85, 5: 0.9, 10: 0.94 }],
    [0.75, { 1: 0.85, 3: 0.94, 5: 0.96, 10: 0.98 }],
    [0.9, { 1: 0.94, 3: 0.98, 5: 0.98, 10: 0.99 }],
  ])('with Spearman-Brown gives the table of simulated ceilings, reliability %s', (reliability, ceilings) => {
    for (const [retrainSeeds, ceiling] of Object.entries(ceilings)) {
      const correlation = Math.sqrt(spearmanBrown(reliability, Number(retrainSeeds)));
      expect(Math.abs(rankCorrelationOf(correlation, subsets) - ceiling)).toBeLessThan(0.0101);
    }
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
      const errors = Array.from({ length: 12 }, () => {
        const { outputs, reached } = simulate(rng, reliability, seeds, 40, spread);
        const ceiling = noiseCeiling(outputs, { subsets, retrainSeeds: seeds, queries: 40 });
        return (ceiling?.value ?? NaN) - reached;
      });
      expect(Math.abs(mean(errors))).toBeLessThan(0.02);
    },
  );

  it('is not known from one seed', () => {
    const { outputs } = simulate(new Rng([1, 1, 1, 1]), 0.5, 1, 3);
    expect(noiseCeiling(outputs, { subsets, retrainSeeds: 1, queries: 3 })).toBeUndefined();
  });

  it('is 1 when seeds agree and 0 when they contradict each other', () => {
    const ramp = Float64Array.from({ length: subsets * 2 }, (_, at) => Math.floor(at / 2));
    expect(noiseCeiling(ramp, { subsets, retrainSeeds: 2, queries: 1 })?.value).toBeCloseTo(1, 9);
    const opposed = ramp.map((value, at) => (at % 2 === 0 ? value : -value));
    const ceiling = noiseCeiling(opposed, { subsets, retrainSeeds: 2, queries: 1 });
    expect(ceiling?.value).toBe(0);
    expect(ceiling?.reliabilityOfOne).toBeCloseTo(-1, 6);
  });

  it('comes with draws whose interval holds the ceiling that fresh truths have', () => {
    const rng = new Rng([9, 9, 9, 9]);
    const shape = { subsets, retrainSeeds: 2, queries: 20 };
    const trials = Array.from({ length: 120 }, (_, trial) => {
      const draws = drawJointly({ resamples: 200, subsets, queries: 20 }, [trial, 5, 5, 5]);
      const ceiling = noiseCeiling(simulate(rng, 0.3, 2, 20, 0.1).outputs, shape, draws);
      if (ceiling?.draws === undefined) throw new Error('no draws');
      return { value: ceiling.value, ...percentileInterval(ceiling.draws, 0.95) };
    });
    const expected = mean(trials.map(({ value }) => value));
    const covered = trials.filter(({ low, high }) => low <= expected && expected <= high).length;
    // Two standard deviations of 120 trials are 4 %.
    expect(covered / trials.length).toBeGreaterThan(0.88);
    expect(covered / trials.length).toBeLessThan(0.995);
  });
});
