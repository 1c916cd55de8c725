import { describe, expect, it } from 'vitest';
import { makeBoard } from '../src/index.js';
import { ceilingCoverage, type EffectSimulation, simulatedEffects } from './simulated-effects.js';

const usual = { subsets: 64, queries: 25, retrainSeeds: 2, resamples: 100 } as const;

describe('noise ceilings', () => {
  it.each<[string, Omit<EffectSimulation, 'seed'>]>([
    ['effects of skewness 1', { ...usual, effect: 'skew 1', reliability: 0.3 }],
    ['effects of skewness 2', { ...usual, effect: 'skew 2', reliability: 0.6 }],
    [
      'effects with heavy tails, noise skewed the other way',
      { ...usual, effect: 't5', noise: 'skew -1', reliability: 0.5 },
    ],
    ['product moments', { ...usual, effect: 'skew 2', reliability: 0.5, statistic: 'pearson' }],
  ])('are right, and their intervals and those of shares hold: %s', { timeout: 300_000 }, (_, simulation) => {
    const { bias, ceiling, share, unknown } = ceilingCoverage(40, simulation);
    // Two standard deviations: of the mean of 40 ceilings .01, of a coverage 7 %.
    expect(Math.abs(bias)).toBeLessThan(0.015);
    for (const covered of [ceiling, share]) expect(covered).toBeGreaterThan(0.88);
    expect(unknown).toBe(0);
  });

  it('give no shares where they may be 0, and say why', () => {
    const { input } = simulatedEffects({ ...usual, seed: 4, subsets: 24, effect: 'normal', reliability: 0.02 });
    const { rows } = makeBoard(input);
    expect(rows[0].kind).toBe('ceiling');
    expect(rows[0].metrics.lds.low).toBe(0);
    for (const { metrics } of rows) expect(metrics.lds.ofCeiling).toBeUndefined();
  });
});
