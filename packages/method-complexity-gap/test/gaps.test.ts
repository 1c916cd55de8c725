import { Rng } from '@attribution-bench/contract';
import { solveSpd } from '@attribution-bench/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { complexityGaps, factorKernel } from '../src/gaps.js';
import { reluKernel, unitRows } from '../src/relu-kernel.js';

const randomRows = (seed: number, points: number, dims: number): Float64Array => {
  const rng = new Rng([seed, 1, 2, 3]);
  return unitRows(
    Float32Array.from({ length: points * dims }, () => rng.normal()),
    dims,
  );
};
const randomLabels = (seed: number, points: number): Float64Array => {
  const rng = new Rng([seed, 4, 5, 6]);
  return Float64Array.from({ length: points }, () => (rng.below(2) === 0 ? -1 : 1));
};

/** yᵀ H⁻¹ y of the given points only. */
async function complexity(kernel: Float64Array, points: number, labels: Float64Array, kept: number[]): Promise<number> {
  const part = Float64Array.from(kept.flatMap((i) => kept.map((j) => kernel[i * points + j])));
  const y = Float64Array.from(kept, (i) => labels[i]);
  const solved = await solveSpd(part, y, { n: kept.length, columns: 1 });
  return y.reduce((sum, value, i) => sum + value * solved[i], 0);
}

const sizes = fc.record({
  seed: fc.nat(),
  points: fc.integer({ min: 2, max: 24 }),
  dims: fc.integer({ min: 2, max: 9 }),
});

describe('complexityGaps', () => {
  it('is what the complexity measure loses with the point', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ seed, points, dims }) => {
        const kernel = await reluKernel(randomRows(seed, points, dims), dims);
        const labels = randomLabels(seed, points);
        const { gap } = await complexityGaps(await factorKernel(kernel, points, 0), labels);
        const everyone = [...labels.keys()];
        const whole = await complexity(kernel, points, labels, everyone);
        for (const i of everyone) {
          const without = await complexity(
            kernel,
            points,
            labels,
            everyone.filter((j) => j !== i),
          );
          expect(Math.abs(gap[i] - (whole - without))).toBeLessThan(1e-8 * whole);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is the sum of its terms, and the same for the opposite labels', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ seed, points, dims }) => {
        const kernel = await factorKernel(await reluKernel(randomRows(seed, points, dims), dims), points, 1e-8);
        const labels = randomLabels(seed, points);
        const { gap, a2, ab, b2 } = await complexityGaps(kernel, labels);
        const opposite = await complexityGaps(
          kernel,
          labels.map((label) => -label),
        );
        expect([...opposite.gap]).toEqual([...gap]);
        for (const [i, value] of gap.entries())
          expect(Math.abs(a2[i] + 2 * ab[i] + b2[i] - value)).toBeLessThanOrEqual(1e-9 * (a2[i] + b2[i]));
      }),
      { numRuns: 50 },
    );
  });

  it('finds contradictory copies suspicious and agreeing ones not', async () => {
    const rows = randomRows(7, 12, 5);
    rows.copyWithin(5, 0, 5);
    rows.copyWithin(15, 10, 15);
    const labels = Float64Array.from([1, 1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1]);
    const { gap } = await complexityGaps(await factorKernel(await reluKernel(rows, 5), 12, 1e-8), labels);
    const others = gap.slice(4);
    expect(gap[0]).toBeCloseTo(gap[1], 6);
    expect(Math.max(gap[0], gap[1])).toBeLessThan(Math.min(...others));
    expect(Math.min(gap[2], gap[3])).toBeGreaterThan(Math.max(...others));
  });
});

describe('reluKernel', () => {
  it('follows its formula, and is symmetric with 1/2 on the diagonal', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ seed, points, dims }) => {
        const rows = randomRows(seed, points, dims);
        const kernel = await reluKernel(rows, dims);
        for (let i = 0; i < points; i++)
          for (let j = 0; j < points; j++) {
            let cosine = 0;
            for (let k = 0; k < dims; k++) cosine += rows[i * dims + k] * rows[j * dims + k];
            const bounded = Math.max(-1, Math.min(1, cosine));
            const formula = (bounded * (Math.PI - Math.acos(bounded))) / (2 * Math.PI);
            expect(kernel[i * points + j]).toBeCloseTo(i === j ? 0.5 : formula, 7);
            expect(kernel[i * points + j]).toBe(kernel[j * points + i]);
          }
      }),
      { numRuns: 30 },
    );
  });

  it('gives every block of rows the same values as the whole', async () => {
    const rows = randomRows(3, 300, 4);
    const kernel = await reluKernel(rows, 4);
    const part = await reluKernel(rows.slice(250 * 4), 4);
    for (let i = 0; i < 50; i++)
      for (let j = 0; j < 50; j++) expect(part[i * 50 + j]).toBeCloseTo(kernel[(250 + i) * 300 + 250 + j], 14);
  });

  it('knows copies and opposites exactly, and the angle between near ones', async () => {
    const angle = 1e-7;
    const rows = Float64Array.from([0.6, 0.8, 0.6, 0.8, -0.6, -0.8, 1, 0, Math.cos(angle), Math.sin(angle)]);
    const kernel = await reluKernel(rows, 2);
    expect(kernel[1]).toBeCloseTo(0.5, 15);
    expect(kernel[2]).toBeCloseTo(0, 15);
    expect(kernel[3 * 5 + 4]).toBeCloseTo((Math.cos(angle) * (Math.PI - angle)) / (2 * Math.PI), 15);
  });

  it('refuses a point without a direction', () => {
    expect(() => unitRows(Float32Array.from([1, 2, 0, 0]), 2)).toThrow('training point 1 is all zeros');
  });
});
