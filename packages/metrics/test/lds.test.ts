import { Rng } from '@attribution-bench/contract';
import { readNpy } from '@attribution-bench/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metrics } from '../src/index.js';
import { everything, range, taskOf, truthOf } from './task.js';

const { lds } = metrics;
const spearman = { statistic: 'spearman' };
const fixture = (name: string) =>
  readNpy(new URL(`../../../test/fixtures/dattri-metrics/${name}.npy`, import.meta.url));

function randomProblem(seed: number, { train = 20, subsets = 12, queries = 3, retrainSeeds = 2 } = {}) {
  const rng = new Rng([seed, 1, 2, 3]);
  const members = Array.from({ length: subsets }, () => rng.subset(train, train / 2));
  const outputs = Float32Array.from({ length: subsets * retrainSeeds * queries }, () => rng.normal());
  const scores = Float32Array.from({ length: queries * train }, () => rng.normal());
  return { truth: truthOf(train, members, outputs, retrainSeeds), scores, task: taskOf(train, queries), rng };
}

describe('lds', () => {
  it('gives the values of dattri, ties included', () => {
    const score = fixture('score');
    const [train, queries] = score.shape;
    const indices = fixture('subset_indices');
    const members = Array.from(
      { length: indices.shape[0] },
      (_, s) => indices.data.slice(s * indices.shape[1], (s + 1) * indices.shape[1]) as Int32Array,
    );
    const truth = truthOf(train, members, fixture('ground_truth').data);
    const scores = new Float32Array(queries * train);
    for (let i = 0; i < train; i++)
      for (let q = 0; q < queries; q++) scores[q * train + i] = score.data[i * queries + q];
    const task = taskOf(train, queries);
    const result = lds.evaluate({ task, scores, scoreShape: 'pairwise', truth }, spearman, everything(truth));
    const expected = fixture('lds_corr').data;
    for (let q = 0; q < queries; q++) expect(result.perQuery?.[q]).toBeCloseTo(expected[q], 10);
    expect(result.value).toBeCloseTo(fixture('lds_mean').data[0], 10);
    expect(result.undefinedQueries).toBe(0);
  });

  it('gives the values of sail-sg/D-TRAK, whose targets are losses', () => {
    const read = (name: string) => readNpy(new URL(`../../../test/fixtures/d-trak/${name}.npy`, import.meta.url));
    const score = read('random_scores_lam1');
    const [train, queries] = score.shape;
    const masks = read('random_lds_masks');
    const members = Array.from({ length: masks.shape[0] }, (_, s) =>
      range(train).filter((point) => masks.data[s * train + point] === 1),
    );
    const truth = truthOf(
      train,
      members,
      Float64Array.from(read('random_lds_ground_truth').data, (loss) => -loss),
    );
    const scores = Float32Array.from(
      { length: queries * train },
      (_, at) => score.data[(at % train) * queries + Math.floor(at / train)],
    );
    const task = taskOf(train, queries);
    const { perQuery } = lds.evaluate({ task, scores, scoreShape: 'pairwise', truth }, spearman, everything(truth));
    for (const [q, expected] of read('random_lds_per_gen_lam1').data.entries())
      expect(perQuery?.[q]).toBeCloseTo(expected, 10);
  });

  it('is 1 for the scores that made the truth and -1 for their negatives, by either statistic', () => {
    const { truth, scores, task } = randomProblem(1, { retrainSeeds: 1 });
    const { predictions } = lds.evaluate({ task, scores, scoreShape: 'pairwise', truth }, spearman, everything(truth));
    const additive = truthOf(truth.train, truth.members, predictions as Float64Array);
    for (const statistic of ['spearman', 'pearson']) {
      const of = (sign: number) =>
        lds.evaluate(
          { task, scores: scores.map((score) => sign * score), scoreShape: 'pairwise', truth: additive },
          { statistic },
          everything(truth),
        ).value;
      expect(of(1)).toBeCloseTo(1, 6);
      expect(of(-1)).toBeCloseTo(-1, 6);
    }
  });

  it('compares with the mean over retraining seeds', () => {
    const { truth, scores, task } = randomProblem(2);
    const split = everything(truth);
    const means = Array.from({ length: truth.subsets * truth.queries }, (_, at) => {
      const [s, q] = [Math.floor(at / truth.queries), at % truth.queries];
      return (truth.outputs[s * 2 * truth.queries + q] + truth.outputs[(s * 2 + 1) * truth.queries + q]) / 2;
    });
    const averaged = truthOf(truth.train, truth.members, means);
    const value = lds.evaluate({ task, scores, scoreShape: 'pairwise', truth }, spearman, split);
    const expected = lds.evaluate({ task, scores, scoreShape: 'pairwise', truth: averaged }, spearman, split);
    expect(value.perQuery).toEqual(expected.perQuery);
  });

  it('uses the subsets and queries of the split and no others', () => {
    const { truth, scores, task, rng } = randomProblem(3);
    const split = { subsets: Int32Array.of(1, 4, 5, 9, 11), queries: Int32Array.of(2) };
    const before = lds.evaluate({ task, scores, scoreShape: 'pairwise', truth }, spearman, split);
    const outputs = truth.outputs.slice();
    for (let s = 0; s < truth.subsets; s++)
      for (let r = 0; r < 2; r++)
        for (let q = 0; q < truth.queries; q++)
          if (!split.subsets.includes(s) || q !== 2) outputs[(s * 2 + r) * truth.queries + q] = rng.normal();
    const changed = scores.slice().fill(9, 0, 2 * truth.train);
    const after = lds.evaluate(
      { task, scores: changed, scoreShape: 'pairwise', truth: { ...truth, outputs } },
      spearman,
      split,
    );
    expect(after).toEqual(before);
    expect(before.predictions).toHaveLength(5);
  });

  it('reads global scores as the same row for every query', () => {
    const { truth, scores, task } = randomProblem(4);
    const row = scores.slice(0, truth.train);
    const repeated = Float32Array.from({ length: 3 * truth.train }, (_, at) => row[at % truth.train]);
    expect(lds.evaluate({ task, scores: row, scoreShape: 'global', truth }, spearman, everything(truth))).toEqual(
      lds.evaluate({ task, scores: repeated, scoreShape: 'pairwise', truth }, spearman, everything(truth)),
    );
  });

  it('counts constant predictions and constant truths as 0 and says how many', () => {
    const { truth, scores, task } = randomProblem(5);
    scores.fill(0.1, 0, truth.train);
    const outputs = truth.outputs.map((value, at) => (at % truth.queries === 2 ? 7 : value));
    const result = lds.evaluate(
      { task, scores, scoreShape: 'pairwise', truth: { ...truth, outputs } },
      spearman,
      everything(truth),
    );
    expect(result.undefinedQueries).toBe(2);
    expect(result.perQuery?.[0]).toBe(0);
    expect(result.perQuery?.[2]).toBe(0);
    expect(result.value).toBeCloseTo((result.perQuery?.[1] ?? Number.NaN) / 3, 12);
  });

  it('does not change when scores of a query are scaled and shifted, nor when training points are renumbered', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 6 }), (seed, power) => {
        const { truth, scores, task, rng } = randomProblem(seed);
        const evaluate = (of: Float32Array, members = truth.members) =>
          lds.evaluate(
            { task, scores: of, scoreShape: 'pairwise', truth: { ...truth, members } },
            spearman,
            everything(truth),
          );
        const scaled = scores.map((score) => score * 2 ** power);
        expect(evaluate(scaled).perQuery).toEqual(evaluate(scores).perQuery);
        const to = rng.permutation(truth.train);
        const moved = scores.slice();
        for (let q = 0; q < truth.queries; q++)
          for (let i = 0; i < truth.train; i++) moved[q * truth.train + to[i]] = scores[q * truth.train + i];
        const renumbered = truth.members.map((subset) => subset.map((i) => to[i]));
        expect(evaluate(moved, renumbered).perQuery).toEqual(evaluate(scores).perQuery);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses scores of the wrong length, scores that are not numbers and tasks without a truth', () => {
    const { truth, scores, task } = randomProblem(6);
    const evaluate = (of: Float32Array) =>
      lds.evaluate({ task, scores: of, scoreShape: 'pairwise', truth }, spearman, everything(truth));
    expect(() => evaluate(scores.slice(1))).toThrow(/3 queries and 20 training points are 60 numbers, found 59/);
    expect(() => evaluate(scores.slice().fill(Number.NaN, 3, 4))).toThrow();
  });
});
