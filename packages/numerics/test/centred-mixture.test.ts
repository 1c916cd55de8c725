import { Rng } from '@attribution-bench/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitCentredMixture, logDensities, logGaussian } from '../src/distances/centred-mixture.js';
import { mixtureLikelihood } from '../src/distances/mixture-likelihood.js';

const normals = (seed: number, size: number, scale = 1): Float64Array => {
  const rng = new Rng([seed, 1, 2, 3]);
  return Float64Array.from({ length: size }, () => scale * rng.normal());
};

const problem = fc.record({
  seed: fc.nat(),
  points: fc.integer({ min: 1, max: 12 }),
  components: fc.integer({ min: 1, max: 8 }),
  dims: fc.integer({ min: 1, max: 6 }),
});

describe('mixtureLikelihood', () => {
  it('has the slope that finite differences show', () => {
    fc.assert(
      fc.property(problem, ({ seed, points, components, dims }) => {
        const distances = normals(seed, points * components).map((value) => dims * value ** 2);
        const background = normals(seed + 1, points).map((value) => dims * value ** 2);
        const logVariances = normals(seed + 2, components);
        const likelihood = (variances: Float64Array, own: number) => {
          const result = mixtureLikelihood(variances, dims, own);
          result.add(distances, background);
          return result;
        };
        const here = likelihood(logVariances, 0.3);
        const step = 1e-5;
        for (let j = 0; j < components; j++) {
          const moved = (by: number) => logVariances.map((value, at) => (at === j ? value + by : value));
          const slope = (likelihood(moved(step), 0.3).sum - likelihood(moved(-step), 0.3).sum) / (2 * step);
          expect(Math.abs(here.gradient[j] - slope)).toBeLessThan(1e-5 * (1 + Math.abs(slope)));
        }
        const slope =
          (likelihood(logVariances, 0.3 + step).sum - likelihood(logVariances, 0.3 - step).sum) / (2 * step);
        expect(Math.abs(here.backgroundGradient - slope)).toBeLessThan(1e-5 * (1 + Math.abs(slope)));
      }),
    );
  });
});

describe('logDensities', () => {
  it('is the log of the mean of the Gaussians', async () => {
    await fc.assert(
      fc.asyncProperty(problem, async ({ seed, points, components, dims }) => {
        const centres = normals(seed, components * dims);
        const x = normals(seed + 1, points * dims);
        const logVariances = normals(seed + 2, components);
        const densities = await logDensities({ centres, dims, logVariances }, x);
        for (let i = 0; i < points; i++) {
          let sum = 0;
          for (let j = 0; j < components; j++) {
            let distance = 0;
            for (let k = 0; k < dims; k++) distance += (x[i * dims + k] - centres[j * dims + k]) ** 2;
            const variance = Math.exp(logVariances[j]);
            sum += Math.exp(-distance / (2 * variance)) / (2 * Math.PI * variance) ** (dims / 2);
          }
          expect(Math.abs(densities[i] - Math.log(sum / components))).toBeLessThan(1e-8 * (1 + Math.abs(densities[i])));
        }
      }),
    );
  });

  it('keeps digits where every Gaussian underflows', async () => {
    const mixture = { dims: 1, centres: Float64Array.of(0, 1), logVariances: Float64Array.of(-20, -20) };
    const [density] = await logDensities(mixture, Float64Array.of(3));
    expect(density).toBeCloseTo(logGaussian(4, -20, 1) - Math.log(2), 4);
  });
});

describe('fitCentredMixture', () => {
  it('finds the variance of points around one centre', async () => {
    const points = normals(1, 4000 * 3, 2);
    const { logVariances, losses } = await fitCentredMixture(new Float64Array(3), points, 3);
    const likelihood = -losses[losses.length - 1] * 3;
    const mean = points.reduce((sum, value) => sum + value ** 2, 0) / points.length;
    expect(likelihood).toBeGreaterThan(-1.5 * (Math.log(2 * Math.PI * mean) + 1) - 0.05);
    expect(Math.abs(logVariances[0] - Math.log(4))).toBeLessThan(0.6);
  });

  it('gives a copy of a point the smallest variance that is allowed', async () => {
    const points = normals(2, 60 * 4);
    const centres = Float64Array.from([...points.subarray(0, 4), ...normals(3, 4)]);
    const { logVariances, nearest } = await fitCentredMixture(centres, points, 4);
    expect(nearest[0]).toBe(0);
    expect(logVariances[0]).toBeLessThan(-15);
    expect(logVariances[1]).toBeGreaterThan(-5);
  });

  it('goes through more than one batch a step, and through the centres in any order', async () => {
    const points = normals(4, 10_050);
    const centres = Float64Array.of(-1, 0, 1);
    const forward = await fitCentredMixture(centres, points, 1);
    const backward = await fitCentredMixture(centres.slice().reverse(), points, 1);
    for (let j = 0; j < 3; j++) expect(backward.logVariances[2 - j]).toBeCloseTo(forward.logVariances[j], 9);
    const alone = await fitCentredMixture(centres, points.slice(0, 10_000), 1);
    expect([...alone.logVariances]).not.toEqual([...forward.logVariances]);
  });

  it('stops when told to, and refuses to fit nothing', async () => {
    const stop = () => {
      throw new Error('cancelled');
    };
    await expect(fitCentredMixture(Float64Array.of(0), normals(5, 20), 1, stop)).rejects.toThrow('cancelled');
    await expect(fitCentredMixture(new Float64Array(0), normals(5, 20), 1)).rejects.toThrow('has 0 centres');
  });
});
