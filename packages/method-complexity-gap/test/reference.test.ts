import { readNpy } from '@attribution-bench/testkit';
import { describe, expect, it } from 'vitest';
import { complexityGaps, factorKernel, type Gaps } from '../src/gaps.js';
import { oneVsRestGaps } from '../src/one-vs-rest.js';
import { reluKernel, unitRows } from '../src/relu-kernel.js';

const fixture = (name: string) => readNpy(new URL(`fixtures/complexity-gap/${name}.npy`, import.meta.url));
const points = (name: string) => {
  const { data, shape } = fixture(name);
  return { rows: unitRows(data as Float32Array, shape[1]), dims: shape[1] };
};
const terms = { gap: 'cg', a2: 'a2', ab: 'ab', b2: 'b2' } as const;

function largestDifference(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  expect(ours.length).toBe(theirs.length);
  let worst = 0;
  for (let i = 0; i < ours.length; i++) worst = Math.max(worst, Math.abs(ours[i] - theirs[i]));
  return worst;
}

/** The tolerance of the case: 1e-5 of the largest absolute value. */
function expectSameGaps(ours: Gaps, prefix: string): void {
  for (const [ourName, theirName] of Object.entries(terms)) {
    const theirs = fixture(`${prefix}_${theirName}`).data as Float64Array;
    const largest = theirs.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    expect(largestDifference(ours[ourName as keyof Gaps], theirs) / largest, ourName).toBeLessThan(1e-5);
  }
}

const unused = {
  repeats: 1,
  rng: () => {
    throw new Error('nothing is drawn');
  },
  progress() {},
  signal: { aborted: false, throwIfAborted() {} },
};

describe('agreement with JJchy/CG_score', () => {
  it('kernel of two classes', async () => {
    const { rows, dims } = points('binary_x');
    expect(largestDifference(await reluKernel(rows, dims), fixture('binary_H').data)).toBeLessThan(1e-7);
  });

  it('kernel of ten classes', async () => {
    const { rows, dims } = points('multi_x');
    const theirs = fixture('multi_H_rows0_99');
    const kernel = await reluKernel(rows, dims);
    const [count, columns] = theirs.shape;
    const size = rows.length / dims;
    const ours = Float64Array.from(theirs.data, (_, i) => kernel[Math.floor(i / columns) * size + (i % columns)]);
    expect(count).toBe(100);
    expect(largestDifference(ours, theirs.data)).toBeLessThan(1e-7);
  });

  it.each([0, 1e-8])('two classes with flipped labels, ridge %s', async (ridge) => {
    const labels = fixture('binary_y_flipped').data as Int32Array;
    const gaps = await oneVsRestGaps({ ...points('binary_x'), labels, ratio: 100, ridge, ...unused });
    expectSameGaps(gaps, 'binary');
  });

  it.each([0, 1e-8])('ten classes, each against all others, ridge %s', async (ridge) => {
    const labels = fixture('multi_y').data as Int32Array;
    const gaps = await oneVsRestGaps({ ...points('multi_x'), labels, ratio: 100, ridge, ...unused });
    expectSameGaps(gaps, 'multi_all');
  });

  it.each(['multi_ratio1', 'multi_ratio4'])('ten classes, each against the recorded draw of %s', async (prefix) => {
    const { rows, dims } = points('multi_x');
    const size = rows.length / dims;
    const ours = {
      gap: new Float64Array(size),
      a2: new Float64Array(size),
      ab: new Float64Array(size),
      b2: new Float64Array(size),
    };
    for (let label = 0; label < 10; label++) {
      const own = [...fixture(`multi_class${label}_own_rows`).data];
      const members = [...own, ...fixture(`${prefix}_class${label}_other_rows`).data];
      const sample = Float64Array.from(members.flatMap((row) => [...rows.subarray(row * dims, (row + 1) * dims)]));
      const kernel = await factorKernel(await reluKernel(sample, dims), members.length, 0);
      const gaps = await complexityGaps(
        kernel,
        Float64Array.from(members, (_, at) => (at < own.length ? 1 : -1)),
      );
      for (const [at, row] of own.entries())
        for (const term of Object.keys(terms) as (keyof Gaps)[]) ours[term][row] = gaps[term][at];
    }
    expectSameGaps(ours, prefix);
  });
});
