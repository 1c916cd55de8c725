import type { Seed } from '@attribution-bench/contract';
import fc from 'fast-check';
import { standardDeviation } from 'simple-statistics';
import { afterAll, describe, expect, it } from 'vitest';
import { matmul, releaseMatmul } from '../src/matrices/matmul.js';
import { createProjector, type FlatProjection } from '../src/projections/projection.js';
import { cholesky } from '../src/solvers/cholesky.js';
import { mean } from '../src/statistics/rank.js';
import { distanceOf, normals, productByDefinition } from './support/matrices.js';
import { readNpy } from './support/read-npy.js';

afterAll(releaseMatmul);

const seed: Seed = [11, 22, 33, 44];
const kinds = ['rademacher', 'gaussian', 'fjlt', 'sjlt', 'grass', 'none'] as const;
const cases = fc.record({
  kind: fc.constantFrom(...kinds),
  dim: fc.constantFrom(1, 7, 32, 40, 2048, 2100),
  sparsity: fc.constantFrom(1, 3),
  batch: fc.integer({ min: 1, max: 4 }),
});

describe('createProjector', () => {
  it('multiplies rows by its entries, however the parameters are cut', async () => {
    const p = 90;
    await fc.assert(
      fc.asyncProperty(
        cases,
        fc.array(fc.integer({ min: 0, max: p }), { maxLength: 4 }),
        async ({ kind, dim, sparsity, batch }, cuts) => {
          const projection: FlatProjection = { kind, dim, seed, sparsity: Math.min(sparsity, dim) };
          const projector = createProjector(projection, p);
          const rows = Float32Array.from(normals(5, batch * p));
          const whole = projector.entries(0, p);
          const expected = productByDefinition(rows, whole, { m: batch, k: p, n: projector.dim });

          const out = new Float32Array(batch * projector.dim);
          const edges = [0, ...cuts.sort((a, b) => a - b), p];
          for (let i = 1; i < edges.length; i++) {
            const [p0, p1] = [edges[i - 1], edges[i]];
            const entries = projector.entries(p0, p1);
            expect(distanceOf(entries, whole.subarray(p0 * projector.dim, p1 * projector.dim))).toBe(0);
            const part = new Float32Array(batch * (p1 - p0));
            for (let b = 0; b < batch; b++) part.set(rows.subarray(b * p + p0, b * p + p1), b * (p1 - p0));
            await projector.project(part, p0, out);
          }
          expect(distanceOf(out, expected)).toBeLessThan(1e-4);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('adds up rows with random signs as a product does where no size is a multiple of its blocks', async () => {
    for (const [batch, p, dim] of [
      [1, 1, 257],
      [17, 545, 300],
      [273, 35, 2081],
    ]) {
      const rows = Float32Array.from(normals(6, batch * p));
      const projector = createProjector({ kind: 'rademacher', dim, seed }, p + 9);
      const expected = await matmul(rows, projector.entries(9, p + 9), { m: batch, k: p, n: dim });
      const out = new Float32Array(batch * dim);
      await projector.project(rows, 9, out);
      expect(distanceOf(out, expected)).toBeLessThan(1e-4);
    }
  });

  it('depends on the seed, the kind, the parameter and the column alone', () => {
    const at = (kind: FlatProjection['kind'], dim: number, own: Seed, p: number) =>
      createProjector({ kind, dim, seed: own }, p).entries(0, 50);
    for (const kind of ['rademacher', 'gaussian', 'fjlt', 'sjlt'] as const) {
      expect(at(kind, 64, seed, 50)).toEqual(at(kind, 64, seed, 5000));
      expect(at(kind, 64, seed, 50)).not.toEqual(at(kind, 64, [11, 22, 33, 45], 50));
      expect(at(kind, 64, seed, 50)).not.toEqual(at(kind, 64, [12, 22, 33, 44], 50));
    }
    for (const kind of ['rademacher', 'gaussian'] as const) {
      const narrow = at(kind, 40, seed, 50);
      const wide = at(kind, 2100, seed, 50);
      for (let i = 0; i < 50; i++)
        expect(wide.slice(i * 2100, i * 2100 + 40)).toEqual(narrow.slice(i * 40, (i + 1) * 40));
    }
  });

  it('has Rademacher entries of ±1 in equal parts, no two rows or columns alike', () => {
    const [p, dim] = [2000, 256];
    const entries = createProjector({ kind: 'rademacher', dim, seed }, p).entries(0, p);
    expect(entries.every((value) => Math.abs(value) === 1)).toBe(true);
    expect(Math.abs(mean(entries)) * Math.sqrt(p * dim)).toBeLessThan(3);
    expectUncorrelated(entries, p, dim);
  });

  it('has Gaussian entries with the moments, tails and distribution of N(0, 1)', () => {
    const [p, dim] = [2000, 256];
    const entries = createProjector({ kind: 'gaussian', dim, seed }, p).entries(0, p);
    const count = p * dim;
    for (const [power, moment, spread] of [
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
      [6, 15, 10170],
    ] as const) {
      const error = mean(entries.map((value) => value ** power)) - moment;
      expect(Math.abs(error) * Math.sqrt(count / spread), `moment ${power}`).toBeLessThan(3.5);
    }
    // P(|X| > x), with the base edge of the ziggurat among the points.
    for (const [x, probability] of [
      [0.1, 0.920344325],
      [0.6744897502, 0.5],
      [1.959963985, 0.05],
      [3, 0.002699796],
      [3.6541528854, 0.000258047],
      [4, 0.0000633425],
    ] as const) {
      const seen = entries.filter((value) => Math.abs(value) > x).length;
      const spread = Math.sqrt(count * probability * (1 - probability));
      expect(Math.abs(seen - count * probability) / spread, `beyond ${x}`).toBeLessThan(3.5);
    }
    expectUncorrelated(entries, p, dim);
  });

  it('mixes blocks without changing what is within one, and adds blocks up as the definition of `fjlt` says', async () => {
    const [p, dim] = [200, 64];
    const projector = createProjector({ kind: 'fjlt', dim, seed }, p);
    const entries = projector.entries(0, p);
    expect(new Set(entries.map(Math.abs))).toEqual(new Set([Math.fround(1 / 8)]));
    const gram = productByDefinition(entries, entries, { m: p, k: dim, n: p }, false, true);
    for (let i = 0; i < p; i++)
      for (let j = 0; j < p; j++) if (i >> 6 === j >> 6) expect(gram[i * p + j]).toBeCloseTo(i === j ? 1 : 0, 6);
    // Var⟨xP, yP⟩ over seeds, of two vectors with most of their length in one parameter of a block.
    const [x, y] = [normals(21, p), normals(22, p)];
    x[3] = 9;
    y[70] = -8;
    const product = (a: ArrayLike<number>, b: ArrayLike<number>, from = 0, to = p) => {
      let sum = 0;
      for (let i = from; i < Math.min(to, p); i++) sum += a[i] * b[i];
      return sum;
    };
    let variance = 0;
    for (let i = 0; i < p; i += dim)
      for (let j = 0; j < p; j += dim)
        if (i !== j)
          variance +=
            product(x, x, i, i + dim) * product(y, y, j, j + dim) +
            product(x, y, i, i + dim) * product(x, y, j, j + dim);
    const seeds = 3000;
    const errors: number[] = [];
    for (let s = 0; s < seeds; s++) {
      const out = new Float32Array(2 * dim);
      const own = createProjector({ kind: 'fjlt', dim, seed: [s, 5, 5, 5] }, p);
      await own.project(Float32Array.from([...x, ...y]), 0, out);
      errors.push(product(out.subarray(0, dim), out.subarray(dim), 0, dim) - product(x, y));
    }
    const spread = Math.sqrt(variance / dim);
    expect(Math.abs(mean(errors)) / (spread / Math.sqrt(seeds))).toBeLessThan(4);
    expect(standardDeviation(errors) / spread).toBeCloseTo(1, 1);
  });

  it('has `sparsity` sparse entries of ±1/√sparsity a parameter, spread evenly over columns', () => {
    const [p, dim] = [40_000, 50];
    for (const sparsity of [1, 3]) {
      const projector = createProjector({ kind: 'sjlt', dim, seed, sparsity }, p);
      const entries = projector.entries(0, p);
      const perColumn = new Float64Array(dim);
      const perParameter = new Set<number>();
      const values = new Set<number>();
      let positive = 0;
      for (let i = 0; i < p; i++) {
        const row = entries.subarray(i * dim, (i + 1) * dim);
        let found = 0;
        for (let c = 0; c < dim; c++) {
          if (row[c] === 0) continue;
          values.add(Math.abs(row[c]));
          found++;
          perColumn[c]++;
          if (row[c] > 0) positive++;
        }
        perParameter.add(found);
      }
      expect([...values]).toEqual([Math.fround(1 / Math.sqrt(sparsity))]);
      expect([...perParameter]).toEqual([sparsity]);
      const expected = (p * sparsity) / dim;
      for (const count of perColumn) expect(Math.abs(count - expected) / Math.sqrt(expected)).toBeLessThan(4.5);
      expect(Math.abs(positive - (p * sparsity) / 2) / Math.sqrt((p * sparsity) / 4)).toBeLessThan(3);
    }
  });

  it('keeps `maskFactor` · dim parameters with `grass`, evenly, each hashed to one entry', () => {
    const [p, dim, maskFactor] = [30_000, 40, 25];
    const times = new Float64Array(30);
    for (let s = 0; s < 20; s++) {
      const projector = createProjector({ kind: 'grass', dim, maskFactor, seed: [s, 3, 3, 3] }, p);
      const { rows, columns, values } = projector.sparse?.within(0, p) ?? { rows: [], columns: [], values: [] };
      expect(new Set(rows).size).toBe(1000);
      expect(new Set(columns).size).toBe(dim);
      expect(new Set(values.map(Math.abs))).toEqual(new Set([Math.fround(Math.sqrt(30))]));
      for (const row of rows) times[Math.floor(row / 1000)]++;
    }
    for (const count of times) expect(Math.abs(count - 667) / Math.sqrt(667)).toBeLessThan(4);
    const whole = createProjector({ kind: 'grass', dim, seed }, 4 * dim).entries(0, 4 * dim);
    expect(whole).toEqual(createProjector({ kind: 'sjlt', dim, seed }, 4 * dim).entries(0, 4 * dim));
  });

  it('keeps the inner products of real gradients as well as trak does', async () => {
    const stats = readNpy('projection-yardstick/stats').data;
    const gram = readNpy('projection-yardstick/gram_exact').data;
    const [points, p, seeds] = [60, 2410, 5];
    const vectors = await vectorsWithGram(gram, points, p);
    for (let row = 0; row < 4; row++) {
      const [dim, kindCode, , spread, , , normSpread] = stats.subarray(row * 10, (row + 1) * 10);
      const errors: number[] = [];
      const normErrors: number[] = [];
      for (let s = 0; s < seeds; s++) {
        const kind = kindCode === 0 ? 'gaussian' : 'rademacher';
        const projector = createProjector({ kind, dim, seed: [s, 2, 3, 4] }, p);
        const out = new Float32Array(points * dim);
        await projector.project(vectors, 0, out);
        const products = await matmul(out, out, { m: points, k: dim, n: points, transposeB: true });
        for (let i = 0; i < points; i++) {
          normErrors.push(products[i * points + i] / projector.gain / gram[i * points + i] - 1);
          for (let j = 0; j < i; j++) {
            const lengths = Math.sqrt(gram[i * points + i] * gram[j * points + j]);
            errors.push((products[i * points + j] / projector.gain - gram[i * points + j]) / lengths);
          }
        }
      }
      expect(Math.abs(standardDeviation(errors) / spread - 1), `spread at ${dim}, ${kindCode}`).toBeLessThan(0.15);
      expect(Math.abs(standardDeviation(normErrors) / normSpread - 1), `norms at ${dim}`).toBeLessThan(0.25);
      expect(Math.abs(mean(errors))).toBeLessThan(3 / Math.sqrt(dim * seeds));
    }
  });

  it('keeps inner products in expectation, by its gain, whatever the kind', async () => {
    const [p, dim] = [300, 64];
    const rows = Float32Array.from(normals(8, 2 * p));
    const exact = productByDefinition(rows, rows, { m: 2, k: p, n: 2 }, false, true);
    for (const kind of kinds) {
      const estimates: number[] = [];
      for (let s = 0; s < 200; s++) {
        const projector = createProjector({ kind, dim, seed: [s, 7, 7, 7], sparsity: 2 }, p);
        const out = new Float32Array(2 * projector.dim);
        await projector.project(rows, 0, out);
        let product = 0;
        for (let c = 0; c < projector.dim; c++) product += out[c] * out[projector.dim + c];
        estimates.push(product / projector.gain);
      }
      const error = kind === 'none' ? 1e-3 : (4 * standardDeviation(estimates)) / Math.sqrt(estimates.length);
      expect(Math.abs(mean(estimates) - exact[1]), kind).toBeLessThan(error);
    }
  });

  it('refuses shapes that do not fit', async () => {
    const projector = createProjector({ kind: 'rademacher', dim: 4, seed }, 10);
    const wrong = [
      projector.project(new Float32Array(11), 0, new Float32Array(4)),
      projector.project(new Float32Array(5), 6, new Float32Array(4)),
      projector.project(new Float32Array(5), 0, new Float32Array(8)),
    ];
    for (const promise of wrong) await expect(promise).rejects.toMatchObject({ code: 'NUMERICS_SHAPE' });
    expect(() => createProjector({ kind: 'gaussian', dim: 0, seed }, 10)).toThrow('dim is 0');
    expect(() => createProjector({ kind: 'sjlt', dim: 2, sparsity: 3, seed }, 10)).toThrow(
      'sparsity 3 is more than dim 2',
    );
    expect(() => projector.entries(0, 11)).toThrow('not within 0 to 10');
  });
});

/** Neighbouring rows and columns, whose streams start from neighbouring counters, have independent entries. */
function expectUncorrelated(entries: Float32Array, p: number, dim: number): void {
  let [alongRows, alongColumns, far] = [0, 0, 0];
  for (let i = 1; i < p; i++) {
    for (let c = 1; c < dim; c++) {
      alongRows += entries[i * dim + c] * entries[(i - 1) * dim + c];
      alongColumns += entries[i * dim + c] * entries[i * dim + c - 1];
      far += entries[i * dim + c] * entries[(i >> 1) * dim + (c ^ 32)];
    }
  }
  const spread = Math.sqrt(p * dim);
  for (const sum of [alongRows, alongColumns, far]) expect(Math.abs(sum) / spread).toBeLessThan(3.5);
}

/** Vectors [points × p] with the given inner products: the Gram matrix's Cholesky rows along random directions. */
async function vectorsWithGram(gram: Float64Array, points: number, p: number): Promise<Float32Array> {
  const random = normals(1, points * p);
  const square = await matmul(random, random, { m: points, k: p, n: points, transposeB: true });
  const directions = await (await cholesky(square, points)).solveLower(random, p);
  const lower = new Float64Array(points * points);
  const identity = Float64Array.from({ length: points * points }, (_, at) => (at % (points + 1) === 0 ? 1 : 0));
  const inverse = await (await cholesky(gram, points, { ridge: 1e-9 })).solveLower(identity, points);
  for (let i = 0; i < points; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = identity[i * points + j];
      for (let k = j; k < i; k++) sum -= inverse[i * points + k] * lower[k * points + j];
      lower[i * points + j] = sum / inverse[i * points + i];
    }
  }
  return Float32Array.from(await matmul(lower, directions, { m: points, k: points, n: p }));
}
