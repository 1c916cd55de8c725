import { describe, expect, it, test } from 'vitest';
import { metrics } from '../src/index.js';
import { range, taskOf } from './task.js';

const [train, queries] = [8, 3];
const task = taskOf(train, queries);
const split = { subsets: range(0), queries: range(queries) };
const context = (score: (query: number, point: number) => number) => ({
  task,
  scores: Float32Array.from({ length: queries * train }, (_, i) => score(Math.floor(i / train), i % train)),
  scoreShape: 'pairwise' as const,
});
const parity = { train: range(train).map((point) => point % 2), queries: Int32Array.of(0, 1, 1) };

describe.each([
  ['class-detection', { labels: parity }],
  ['subclass-detection', { subclasses: parity }],
] as const)('%s', (id, known) => {
  const value = (score: (query: number, point: number) => number, top: number) =>
    metrics[id].evaluate({ ...context(score), ...known }, { top }, split);
  const own = (query: number, point: number) => (point % 2 === parity.queries[query] ? 1 : 0);

  it('is the share of the highest points that are like the query', () => {
    expect(value(own, 4).value).toBe(1);
    expect(value((query, point) => -own(query, point), 4).value).toBe(0);
    expect(Array.from(value((_, point) => -point, 3).perQuery ?? [])).toEqual([2 / 3, 1 / 3, 1 / 3]);
    expect(value((_, point) => -point, 1).value).toBeCloseTo(1 / 3, 12);
  });
});

describe.each([
  ['shortcut-detection', 'shortcut'],
  ['mixed-dataset', 'mixed'],
] as const)('%s', (id, need) => {
  const marks = { train: Int32Array.of(0, 1, 0, 0, 1, 0, 0, 0), queries: Int32Array.of(1, 0, 1) };
  const value = (score: (query: number, point: number) => number, right?: readonly number[]) => {
    const ctx = context(score);
    const requests =
      metrics[id].retrainings?.(ctx, { predicted: right !== undefined }, split, undefined as never) ?? [];
    expect(requests.map(({ members }) => members.map(({ length }) => length))).toEqual(right ? [[train]] : []);
    const retrained = requests.map((request) => ({
      ...request,
      targets: [new Float32Array(queries)],
      right: [Uint8Array.from(right ?? [])],
    }));
    return metrics[id].evaluate({ ...ctx, [need]: marks, retrained }, { predicted: right !== undefined }, split);
  };
  const found = (_query: number, point: number) => marks.train[point];

  it('is the area under the precision-recall curve of marked queries', () => {
    expect(value(found).value).toBe(1);
    // Last of eight, the two are found with precision 1 / 7 and 2 / 8; a constant score finds all with 2 / 8.
    expect(value((_, point) => -10 * marks.train[point] - point / 10).value).toBeCloseTo((1 / 7 + 2 / 8) / 2, 12);
    expect(value(() => 0).value).toBe(2 / 8);
    expect(value(found).perSampledQuery).toHaveLength(2);
  });

  it('leaves out queries that the model does not predict so, and says where none is left', () => {
    const only = (query: number, point: number) => (query === 0 ? marks.train[point] : -marks.train[point]);
    expect(value(only, [1, 1, 0]).value).toBe(1);
    expect(() => value(only, [0, 1, 0])).toThrow(/of 2 marked queries the model predicts none/);
  });
});

test('group-recall is the share of the group among the k highest, equal scores in the mean over their orders', () => {
  const groups = { train: Int32Array.of(0, 0, 0, 1, 1, 2, -1, -1), queries: Int32Array.of(0, 1, -1) };
  const value = (score: (query: number, point: number) => number, k: number) =>
    metrics['group-recall'].evaluate({ ...context(score), groups }, { k }, split);
  // Whole numbers, so that many are equal; all orders of the points that agree with the scores are tried.
  const score = (query: number, point: number) => (point * 5 + query * 3) % 4;
  const orders = permutations([...range(train)]);
  const ranked = [0, 1].map((query) =>
    orders.filter((order) => order.every((point, i) => i === 0 || score(query, order[i - 1]) >= score(query, point))),
  );
  const oracle = (query: number, k: number) => {
    const same = (point: number) => groups.train[point] === groups.queries[query];
    const found = ranked[query].map((order) => order.slice(0, k).filter(same).length);
    return found.reduce((sum, each) => sum + each, 0) / found.length / range(train).filter(same).length;
  };
  for (const k of [1, 3, 5, 8]) {
    const { perSampledQuery } = value(score, k);
    // The third query is in no group, and points of none are not its group.
    expect(perSampledQuery).toHaveLength(2);
    for (const query of [0, 1]) expect(perSampledQuery?.[query]).toBeCloseTo(oracle(query, k), 12);
    expect(value(() => 7, k).value).toBeCloseTo(k / train, 12);
  }
  expect(value((query, point) => Number(groups.train[point] === groups.queries[query]), 3).value).toBe(1);
  expect(() =>
    metrics['group-recall'].evaluate({ ...context(score), groups }, { k: 3 }, { ...split, queries: Int32Array.of(2) }),
  ).toThrow(/no query: of the groups of 0 queries/);
});

function permutations(of: readonly number[]): number[][] {
  if (of.length === 0) return [[]];
  return of.flatMap((first) => permutations(of.filter((other) => other !== first)).map((rest) => [first, ...rest]));
}
