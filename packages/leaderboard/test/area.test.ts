import { rocAuc } from '@attribution-bench/numerics';
import { describe, expect, it } from 'vitest';
import { areaInterval, placementsOf, spreadOfPlacements } from '../src/make/measure/area.js';
import { areaCoverage, type ScoreShape } from './simulated-areas.js';

const quantile = () => 1.96;
const noNoise = { variance: 0, uncertainty: 0 };

describe('placements', () => {
  const scores = Float64Array.of(3, 1, 2, 2, 0, 1);
  const positive = Uint8Array.of(1, 1, 1, 0, 0, 0);

  it('average to the area from both sides, ties counting half', () => {
    const { positives, negatives } = placementsOf(scores, positive);
    expect([...positives]).toEqual([1, 0.5, 2.5 / 3]);
    expect([...negatives]).toEqual([0.5, 1, 2.5 / 3]);
    expect(positives.reduce((sum, value) => sum + value, 0) / 3).toBeCloseTo(rocAuc(scores, positive) ?? 0, 14);
  });

  it("have DeLong's variance", () => {
    const { standardError } = spreadOfPlacements(placementsOf(scores, positive));
    // Sample variances of (1, 1/2, 5/6) are 7/108 on both sides, and each is divided by 3.
    expect(standardError ** 2).toBeCloseTo((2 * 7) / 108 / 3, 14);
  });
});

describe('the interval of an area', () => {
  const all = (value: number, positives = 90, negatives = 810) => ({
    positives: new Float64Array(positives).fill(value),
    negatives: new Float64Array(negatives).fill(value),
  });

  it('has width at 1 and at 0, less with more points, and mirrors', () => {
    const perfect = areaInterval(1, all(1), noNoise, quantile);
    expect(perfect.high).toBe(1);
    expect(perfect.low).toBeGreaterThan(0.97);
    expect(perfect.low).toBeLessThan(0.999);
    expect(areaInterval(1, all(1, 10, 90), noNoise, quantile).low).toBeLessThan(perfect.low - 0.02);
    const reversed = areaInterval(0, all(0), noNoise, quantile);
    expect(reversed.low).toBe(0);
    expect(reversed.high).toBeCloseTo(1 - perfect.low, 6);
  });

  it('stays inside 0 to 1, reaches farther to the side of 1/2, and widens with noise of seeds', () => {
    const scores = Float64Array.from({ length: 900 }, (_, i) => (i < 90 ? 30 : 0) + ((i * 37) % 101) / 2);
    const placements = placementsOf(
      scores,
      Uint8Array.from(scores, (_, i) => (i < 90 ? 1 : 0)),
    );
    const area = placements.positives.reduce((sum, value) => sum + value, 0) / 90;
    const { low, high } = areaInterval(area, placements, noNoise, quantile);
    expect(high).toBeLessThan(1);
    expect(area - low).toBeGreaterThan(high - area);
    const noisy = areaInterval(area, placements, { variance: 1e-3, uncertainty: 1e-7 }, quantile);
    expect(noisy.low).toBeLessThan(low);
    expect(noisy.high).toBeGreaterThan(high);
  });
});

describe('on simulated scores of 90 flipped and 810 other points', () => {
  it.each<[ScoreShape, number]>([
    ['normal', 0.6],
    ['normal', 0.95],
    ['normal', 0.99],
    ['normal', 0.999],
    ['rounded', 0.99],
    ['exponential', 0.9],
    ['wide', 0.99],
  ])('intervals cover about 95 % of areas: $0 scores, AUC $1', (shape, area) => {
    const { value } = areaCoverage(400, { shape, areas: [area], positives: 90, negatives: 810 });
    // One standard deviation of 400 boards is 1.1 %.
    expect(value).toBeGreaterThan(0.93 - 0.011);
  });

  it.each([
    [1, 0],
    [3, 0.3],
  ])('six equally good methods of AUC .99 with %d seeds are told apart on few boards', (seeds, seedNoise) => {
    const simulation = {
      shape: 'normal',
      areas: new Array<number>(6).fill(0.99),
      positives: 90,
      negatives: 810,
    } as const;
    const { told, value } = areaCoverage(100, { ...simulation, seeds, seedNoise });
    expect(told).toBeLessThanOrEqual(0.06);
    expect(value).toBeGreaterThan(0.9);
  });

  it('intervals of the difference of AUCs of .99 and .95 cover it', () => {
    const simulation = { shape: 'normal', areas: [0.99, 0.95], positives: 90, negatives: 810 } as const;
    expect(areaCoverage(300, simulation).difference).toBeGreaterThan(0.92);
  });
});
