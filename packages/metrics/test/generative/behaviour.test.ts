import { BenchError, type NdArray, Rng } from '@attribution-bench/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataCopying } from '../../src/generative/data-copying.js';
import { generatorDiagnostics } from '../../src/generative/diagnostics.js';
import { featureLikelihood } from '../../src/generative/feature-likelihood.js';
import type { FeatureSets } from '../../src/generative/feature-sets.js';
import { frechetDistance } from '../../src/generative/frechet-distance.js';
import { assign, kMeans } from '../../src/generative/k-means.js';
import { kernelDistance, meanDiscrepancy } from '../../src/generative/kernel-distance.js';
import { precisionRecall } from '../../src/generative/precision-recall.js';

const dims = 6;
const points = (seed: number, count: number, make: (rng: Rng, k: number) => number): NdArray<Float32Array> => {
  const rng = new Rng([seed, 1, 2, 3]);
  return { shape: [count, dims], data: Float32Array.from({ length: count * dims }, (_, i) => make(rng, i % dims)) };
};
const real = (seed: number, count: number) => points(seed, count, (rng, k) => rng.normal() * (1 + k / 3) + k);
const sets = (generated: NdArray<Float32Array>): FeatureSets => ({
  train: real(1, 240),
  test: real(2, 160),
  generated,
});
/** Training points moved by a hair: exact copies leave Gaussians no width. */
const almostCopied = (count: number): NdArray<Float32Array> => {
  const rng = new Rng([7, 1, 2, 3]);
  return { shape: [count, dims], data: copied(count).data.map((value) => value + 1e-3 * rng.normal()) };
};
const copied = (count: number): NdArray<Float32Array> => ({
  shape: [count, dims],
  data: real(1, 240).data.slice(0, count * dims),
});
const far = points(3, 120, (rng, k) => 8 + rng.normal() * (1 + k / 3) + k);
const shuffled = (count: number) => new Rng([9, 9, 9, 9]).permutation(count);

describe('feature likelihood', () => {
  it('is near 0 for fresh points, and large for copies and for points far off', async () => {
    const fresh = await featureLikelihood(sets(real(4, 120)), shuffled);
    const copies = await featureLikelihood(sets(almostCopied(120)), shuffled);
    const off = await featureLikelihood(sets(far), shuffled);
    expect(Math.abs(fresh.divergence ?? Number.NaN)).toBeLessThan(15);
    expect(copies.divergence ?? 0).toBeGreaterThan(100);
    expect(off.divergence).toBeGreaterThan(50);
    expect(copies.generalisationGap).toBeLessThan(-100);
    expect(Math.abs(fresh.generalisationGap ?? Number.NaN)).toBeLessThan(15);
    expect(copies.overfitted).toBe(100);
    expect(Math.abs(fresh.overfitted - fresh.overfittedByChance)).toBeLessThan(12);
    expect(fresh.overfittedByChance).toBe(60);
    expect(Math.min(...copies.memorisation)).toBeGreaterThan(Math.max(...fresh.memorisation));
  });

  it('does not look at features that no held-out point varies in', async () => {
    const widened = ({ data, shape }: NdArray<Float32Array>): NdArray<Float32Array> => ({
      shape: [shape[0], dims + 1],
      data: Float32Array.from({ length: shape[0] * (dims + 1) }, (_, i) => {
        const k = i % (dims + 1);
        return k === dims ? 5 : data[Math.floor(i / (dims + 1)) * dims + k];
      }),
    });
    const plain = sets(real(4, 60));
    const wide = { train: widened(plain.train), test: widened(plain.test), generated: widened(plain.generated) };
    expect((await featureLikelihood(wide, shuffled)).divergence).toBe(
      (await featureLikelihood(plain, shuffled)).divergence,
    );
  });
});

describe('frechetDistance', () => {
  it('of few points in many dimensions is what it is of the same points in the few dimensions that they span', async () => {
    const [a, b] = [real(3, 7), real(4, 9)];
    // Orthogonal columns of length 1 put the points into 64 dimensions and change no distance.
    const wide = ({ data, shape: [count] }: NdArray<Float32Array>): NdArray<Float32Array> => ({
      shape: [count, 64],
      data: Float32Array.from({ length: count * 64 }, (_, i) =>
        i % 8 === 0 && i % 64 < 8 * dims ? data[Math.floor(i / 64) * dims + (i % 64) / 8] : 0,
      ),
    });
    const narrow = await frechetDistance({ train: a, test: a, generated: b }, 'train');
    expect(await frechetDistance({ train: wide(a), test: wide(a), generated: wide(b) }, 'train')).toBeCloseTo(
      narrow,
      9,
    );
  });

  it("is |m - m'|² + Σ (σ - σ')² for features that vary apart from each other", async () => {
    const grid = (scale: readonly number[], shift: number): NdArray<Float32Array> => ({
      shape: [8, 3],
      data: Float32Array.from({ length: 24 }, (_, i) => {
        const bit = (Math.floor(i / 3) >> (i % 3)) & 1;
        return (bit === 0 ? -1 : 1) * scale[i % 3] + shift;
      }),
    });
    const a = grid([1, 2, 0], 0);
    const b = grid([3, 1, 2], 0.5);
    const variance = 8 / 7;
    const expected = 3 * 0.25 + variance * ((1 - 3) ** 2 + (2 - 1) ** 2 + (0 - 2) ** 2);
    expect(await frechetDistance({ train: a, test: a, generated: b }, 'train')).toBeCloseTo(expected, 6);
    expect(await frechetDistance({ train: a, test: a, generated: a }, 'test')).toBeCloseTo(0, 6);
  });

  it('does not change when the axes are turned, with fewer points than dimensions too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 2, max: 12 }), async (seed, count) => {
        const a = real(seed, count);
        const b = real(seed + 1, 9);
        const turned = ({ data, shape }: NdArray<Float32Array>): NdArray<Float32Array> => {
          const rotated = data.slice();
          for (let i = 0; i < data.length; i += dims)
            for (let k = 0; k < dims; k += 2) {
              rotated[i + k] = data[i + k] * 0.6 - data[i + k + 1] * 0.8;
              rotated[i + k + 1] = data[i + k] * 0.8 + data[i + k + 1] * 0.6;
            }
          return { shape, data: rotated };
        };
        const straight = await frechetDistance({ train: a, test: a, generated: b }, 'train');
        const after = await frechetDistance({ train: turned(a), test: a, generated: turned(b) }, 'train');
        const swapped = await frechetDistance({ train: b, test: a, generated: a }, 'train');
        expect(Math.abs(after - straight)).toBeLessThan(1e-3 * (1 + straight));
        expect(Math.abs(swapped - straight)).toBeLessThan(1e-3 * (1 + straight));
        expect(straight).toBeGreaterThan(-1e-6);
      }),
      { numRuns: 25 },
    );
  });
});

describe('meanDiscrepancy', () => {
  it('is the sum over pairs that its definition says', async () => {
    const a = { data: Float64Array.of(1, 0, 0, 2, -1, 1), count: 3, dims: 2 };
    const b = { data: Float64Array.of(2, 1, 0, 0, 1, -1), count: 3, dims: 2 };
    const kernel = (x: typeof a, i: number, y: typeof a, j: number) =>
      ((x.data[2 * i] * y.data[2 * j] + x.data[2 * i + 1] * y.data[2 * j + 1]) / 2 + 1) ** 3;
    let expected = 0;
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) {
        if (i !== j) expected += (kernel(a, i, a, j) + kernel(b, i, b, j)) / 6;
        expected -= (2 * kernel(a, i, b, j)) / 9;
      }
    expect(await meanDiscrepancy(a, b)).toBeCloseTo(expected, 12);
  });

  it('averages to 0 over subsets of one distribution, and above it for two', async () => {
    const rng = new Rng([5, 5, 5, 5]);
    const draw = (count: number, size: number) => rng.subset(count, size);
    const same = await kernelDistance(
      { train: points(6, 400, (r) => r.normal()), test: far, generated: points(7, 400, (r) => r.normal()) },
      'train',
      draw,
    );
    const other = await kernelDistance(
      { train: points(6, 400, (r) => r.normal()), test: far, generated: points(7, 400, (r) => r.normal() + 1) },
      'train',
      draw,
    );
    expect(Math.abs(same)).toBeLessThan(0.05);
    expect(other).toBeGreaterThan(0.5);
  });
});

describe('precisionRecall', () => {
  it('is low on the side that is missing', async () => {
    const narrow = points(8, 120, (rng, k) => rng.normal() * 0.3 + k);
    const collapsed = await precisionRecall({ train: real(1, 240), generated: narrow });
    expect(collapsed.precision).toBeGreaterThan(0.9);
    expect(collapsed.recall).toBeLessThan(0.3);
    expect(await precisionRecall({ train: real(1, 240), generated: far })).toEqual({ precision: 0, recall: 0 });
  });

  it('is what comparing every pair says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 4 }), async (seed, neighbours) => {
        const train = real(seed, 15);
        const generated = real(seed + 1, 12);
        const distance = (a: NdArray<Float32Array>, i: number, b: NdArray<Float32Array>, j: number) =>
          Math.hypot(...Array.from({ length: dims }, (_, k) => a.data[i * dims + k] - b.data[j * dims + k]));
        const share = (of: NdArray<Float32Array>, among: NdArray<Float32Array>) => {
          const indices = (set: NdArray<Float32Array>) => [...Array(set.shape[0]).keys()];
          const radius = (j: number) =>
            indices(among)
              .filter((other) => other !== j)
              .map((other) => distance(among, j, among, other))
              .sort((x, y) => x - y)[neighbours - 1];
          const inside = indices(of).filter((i) => indices(among).some((j) => distance(of, i, among, j) <= radius(j)));
          return inside.length / of.shape[0];
        };
        expect(await precisionRecall({ train, generated }, neighbours)).toEqual({
          precision: share(generated, train),
          recall: share(train, generated),
        });
      }),
      { numRuns: 20 },
    );
  });
});

describe('dataCopying', () => {
  it('is far below 0 for copies, near 0 for fresh points, above 0 far off', async () => {
    const statistic = async (generated: NdArray<Float32Array>) =>
      (await dataCopying(sets(generated), new Rng([1, 1, 1, 1]))).statistic ?? Number.NaN;
    expect(await statistic(copied(200))).toBeLessThan(-5);
    expect(Math.abs(await statistic(real(4, 200)))).toBeLessThan(3);
    expect(await statistic(far)).toBeGreaterThan(5);
  });

  it('says nothing where too few points fall into any cell', async () => {
    const { statistic, obstacle } = await dataCopying(sets(real(4, 10)), new Rng([1, 1, 1, 1]));
    expect(statistic).toBeUndefined();
    expect(obstacle).toBe('it takes more than 20 generated points, and held-out ones, in one of 3 cells');
  });
});

describe('kMeans', () => {
  it('finds groups that lie apart', async () => {
    const rng = new Rng([3, 3, 3, 3]);
    const data = Float64Array.from({ length: 90 * 2 }, (_, i) => 20 * (Math.floor(i / 2) % 3) + rng.normal());
    const groups = { data, count: 90, dims: 2 };
    const { cells } = await assign(groups, await kMeans(groups, 3, 10, rng));
    for (const [i, cell] of cells.entries()) expect(cell).toBe(cells[i % 3]);
    expect(new Set(cells).size).toBe(3);
  });

  it('copes with fewer different points than cells', async () => {
    const same = { data: new Float64Array(8), count: 4, dims: 2 };
    expect([...(await kMeans(same, 3, 2, new Rng([3, 3, 3, 3])))]).toEqual(new Array(6).fill(0));
  });
});

describe('generatorDiagnostics', () => {
  it('gives every number, the same for the same seed', async () => {
    const first = await generatorDiagnostics(sets(real(4, 80)), [1, 2, 3, 4]);
    expect(first.diagnostics.map(({ id }) => id)).toContain('fid-test');
    for (const { id, value } of first.diagnostics) expect(Number.isFinite(value), id).toBe(true);
    expect(await generatorDiagnostics(sets(real(4, 80)), [1, 2, 3, 4])).toEqual(first);
  });

  describe('say in words what cannot be computed', () => {
    const constant = (count: number, value = 1) => points(1, count, () => value);
    const first = ({ data }: NdArray<Float32Array>, count: number): NdArray<Float32Array> => ({
      shape: [count, dims],
      data: data.slice(0, count * dims),
    });
    const noted = async (given: FeatureSets) => {
      const { diagnostics } = await generatorDiagnostics(given, [1, 2, 3, 4]);
      for (const { id, value, note } of diagnostics) {
        if (value === undefined) expect(note, id).toMatch(/[a-z]/);
        else expect(Math.abs(value), `${id} ${value}`).toBeLessThan(1e6);
      }
      const withoutValue = diagnostics.filter(({ value }) => value === undefined);
      return Object.fromEntries(withoutValue.map(({ id, note = '' }) => [id, note]));
    };
    const train = real(1, 60);
    const test = real(2, 40);
    const generated = real(4, 80);
    const noWidth = 'every generated point is a copy of a training point, so the Gaussians around them have no width';

    it('for copies of training points', async () => {
      const notes = await noted({ train, test, generated: first(train, 30) });
      expect(notes).toMatchObject({ fld: noWidth, 'fld-train': noWidth, 'fld-gap': noWidth });
      expect(Object.keys(notes)).not.toContain('authenticity');
    });

    it('for held-out points that are copies of training points', async () => {
      const notes = await noted({ train, test: first(train, 20), generated });
      expect(Object.keys(notes)).toEqual(['fld-p']);
      expect(notes['fld-p']).toContain('every held-out point is a copy');
    });

    it('for a training set of one point many times', async () => {
      const notes = await noted({ train: constant(60), test, generated });
      expect(notes.fld).toContain('copy in the other');
      expect(notes.authenticity).toContain('has a copy among the others');
    });

    it('for held-out points that are all the same', async () => {
      const notes = await noted({ train, test: constant(40), generated });
      for (const id of ['fld', 'fld-p', 'fld-overfitted'])
        expect(notes[id]).toBe('all held-out points are the same, so distances have no scale');
      expect(Object.keys(notes)).not.toContain('precision');
    });

    it('for one image everywhere', async () => {
      const notes = await noted({ train: constant(60), test: constant(40), generated: constant(80) });
      expect(notes.ct).toBe('generated and held-out points are all equally far from training points');
      expect(Object.keys(notes)).not.toContain('fid-test');
    });

    it('for a generator that draws one image only', async () => {
      const notes = await noted({ train, test, generated: constant(80) });
      expect(Object.keys(notes)).toEqual([]);
    });

    it('for one generated point', async () => {
      const notes = await noted({ train, test, generated: first(generated, 1) });
      expect(notes['fid-test']).toBe('it takes 2 generated points, and there is 1');
      expect(notes['kid-train']).toBe('it takes 4 generated points, and there is 1');
      expect(notes.recall).toBe('it takes 4 generated points, and there is 1');
      expect(Object.keys(notes)).not.toContain('fld');
    });

    it('and what to bear in mind where there are fewer points than dimensions', async () => {
      const { diagnostics } = await generatorDiagnostics({ train, test, generated: first(generated, 4) }, [1, 2, 3, 4]);
      const fid = diagnostics.find(({ id }) => id === 'fid-test');
      expect(fid?.value).toBeGreaterThan(0);
      expect(fid?.note).toContain('4 points span at most 3 of 6 dimensions');
    });
  });

  it('knows the training point that a generated one was copied from', async () => {
    const { train, ...others } = sets(real(4, 80));
    const copied = Float32Array.from(others.generated.data);
    copied.set(train.data.subarray(7 * dims, 8 * dims), 3 * dims);
    const { samples } = await generatorDiagnostics(
      { train, ...others, generated: { ...others.generated, data: copied } },
      [1, 2, 3, 4],
    );
    expect(samples?.nearestTraining[3]).toBe(7);
    expect(samples?.trainingDistances[3]).toBeLessThan(1e-6);
    expect(samples?.heldoutDistances[3]).toBeGreaterThan(0.01);
    expect(Math.max(...(samples?.memorisation ?? []))).toBe(samples?.memorisation[3]);
  });

  it('stops when told to', async () => {
    const stop = () => {
      throw new Error('cancelled');
    };
    await expect(generatorDiagnostics(sets(far), [1, 2, 3, 4], stop)).rejects.toThrow('cancelled');
  });

  it.each([
    ['features that are not finite', points(4, 20, () => Number.NaN), 'point 0 has a feature of NaN'],
    ['another shape', { shape: [20, dims + 1], data: real(4, 20).data }, 'shape [20, 7]'],
  ])('refuses %s', async (_, generated, message) => {
    const error = await generatorDiagnostics(sets(generated), [1, 2, 3, 4]).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(BenchError);
    expect((error as BenchError).message).toContain(message);
  });
});
