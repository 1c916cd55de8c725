import { Rng } from '@attribution-bench/contract';
import { readNpy } from '@attribution-bench/testkit';
import { describe, expect, it } from 'vitest';
import { type OneVsRest, oneVsRestGaps } from '../src/one-vs-rest.js';
import { unitRows } from '../src/relu-kernel.js';

const fixture = (name: string) => readNpy(new URL(`fixtures/complexity-gap/${name}.npy`, import.meta.url));
const { data, shape } = fixture('multi_x');
const images: OneVsRest = {
  rows: unitRows(data as Float32Array, shape[1]),
  dims: shape[1],
  labels: fixture('multi_y').data as Int32Array,
  ratio: 1,
  repeats: 1,
  ridge: 1e-8,
  rng: (name) =>
    new Rng(
      [...name].reduce<[number, number, number, number]>(
        (s, c) => [s[0] * 31 + c.charCodeAt(0), 1, 2, 3],
        [0, 1, 2, 3],
      ),
    ),
  progress() {},
  signal: { aborted: false, throwIfAborted() {} },
};

/** Share of (marked, unmarked) pairs in which the marked point scores higher. */
function auc(scores: Float64Array, marked: ReadonlySet<number>): number {
  let higher = 0;
  for (const i of marked) for (const [j, score] of scores.entries()) if (!marked.has(j) && scores[i] > score) higher++;
  return higher / (marked.size * (scores.length - marked.size));
}

describe('oneVsRestGaps', () => {
  it('finds the flipped labels', async () => {
    const binary = fixture('binary_x');
    const gaps = await oneVsRestGaps({
      ...images,
      rows: unitRows(binary.data as Float32Array, binary.shape[1]),
      dims: binary.shape[1],
      labels: fixture('binary_y_flipped').data as Int32Array,
    });
    expect(auc(gaps.gap, new Set(fixture('binary_flipped_rows').data))).toBeGreaterThan(0.95);
  });

  it('averages over fresh draws', async () => {
    const one = await oneVsRestGaps(images);
    const named = (repeat: number): OneVsRest => ({
      ...images,
      rng: (name) => images.rng(name.replace('repeat 0', `repeat ${repeat}`)),
    });
    const other = await oneVsRestGaps(named(1));
    const both = await oneVsRestGaps({ ...images, repeats: 2 });
    expect([...other.gap]).not.toEqual([...one.gap]);
    for (const [i, value] of both.gap.entries()) expect(value).toBeCloseTo((one.gap[i] + other.gap[i]) / 2, 9);
  });

  it('draws nothing for a class that is compared with all others', async () => {
    const rng = () => {
      throw new Error('drawn');
    };
    const labels = images.labels.map((label) => (label < 8 ? 0 : 1));
    await expect(oneVsRestGaps({ ...images, labels, rng })).rejects.toThrow('drawn');
    const gaps = await oneVsRestGaps({ ...images, labels, ratio: 10, rng });
    expect(Math.min(...gaps.gap)).toBeGreaterThan(0);
  });

  it('reports progress up to 1 and stops when cancelled', async () => {
    const seen: number[] = [];
    await oneVsRestGaps({ ...images, repeats: 2, progress: (done) => seen.push(done) });
    expect(seen.length).toBe(20);
    expect(seen.at(-1)).toBe(1);
    const signal = {
      aborted: true,
      throwIfAborted() {
        throw new Error('cancelled');
      },
    };
    await expect(oneVsRestGaps({ ...images, signal })).rejects.toThrow('cancelled');
  });
});
