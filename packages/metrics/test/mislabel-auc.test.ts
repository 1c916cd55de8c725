import { readNpy } from '@attribution-bench/testkit';
import { describe, expect, it } from 'vitest';
import { metrics } from '../src/index.js';
import { range, taskOf } from './task.js';

const auc = metrics['mislabel-auc'];
const fixture = (name: string) =>
  readNpy(new URL(`../../../test/fixtures/dattri-metrics/${name}.npy`, import.meta.url)).data;
const split = { subsets: range(0), queries: range(2) };

describe('mislabel-auc', () => {
  it.each([
    ['mislabel_score', 'mislabel_auc_sklearn'],
    ['mislabel_score_tied', 'mislabel_auc_tied_sklearn'],
  ])('gives the value of scikit-learn for %s', (score, expected) => {
    const selfInfluence = Float32Array.from(fixture(score));
    const flipped = Uint8Array.from(fixture('mislabel_flags'));
    const task = taskOf(selfInfluence.length, 2);
    const scores = new Float32Array(2 * task.train);
    const { value } = auc.evaluate({ task, scores, scoreShape: 'pairwise', selfInfluence, flipped }, {}, split);
    expect(value).toBeCloseTo(fixture(expected)[0], 12);
  });

  const flipped = Uint8Array.of(0, 1, 0, 1);
  const task = taskOf(4, 2);

  it('takes low values of a global method without suspicion of its own for suspicious', () => {
    const scores = Float32Array.of(2, -1, 3, 0);
    expect(auc.evaluate({ task, scores, scoreShape: 'global', flipped }, {}, split).value).toBe(1);
    expect(auc.evaluate({ task, scores, selfInfluence: scores, scoreShape: 'global', flipped }, {}, split).value).toBe(
      0,
    );
  });

  it('averages pairwise scores over the queries of the split', () => {
    const scores = Float32Array.of(1, -3, 1, 0, 0, 2, 0, -4);
    const value = (queries: Int32Array) =>
      auc.evaluate({ task, scores, scoreShape: 'pairwise', flipped }, {}, { subsets: range(0), queries }).value;
    expect(value(Int32Array.of(0, 1))).toBe(1);
    expect(value(Int32Array.of(1))).toBe(0.5);
  });

  it('ranks the training points of the split only, and keeps them for resampling', () => {
    const selfInfluence = Float32Array.of(0, 1, 2, 3);
    const scores = new Float32Array(8);
    const ctx = { task, scores, scoreShape: 'pairwise', selfInfluence, flipped } as const;
    expect(auc.evaluate(ctx, {}, split).value).toBe(0.75);
    const part = auc.evaluate(ctx, {}, { ...split, train: Int32Array.of(1, 2) });
    expect(part).toEqual({
      kind: 'detection',
      value: 0,
      detection: { scores: Float64Array.of(1, 2), positive: Uint8Array.of(1, 0) },
    });
    expect(() => auc.evaluate(ctx, {}, { ...split, train: Int32Array.of(0, 2) })).toThrow(/2 points have only one/);
  });
});
