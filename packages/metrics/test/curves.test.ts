import type { MeanResult, MetricResult, RetrainRequest } from '@attribution-bench/contract';
import { Rng } from '@attribution-bench/contract';
import { describe, expect, it } from 'vitest';
import { areaWeights, reciprocalWeights } from '../src/curve.js';
import { metrics } from '../src/index.js';
import { any, majority } from '../src/votes.js';
import { range, taskOf } from './task.js';

const [train, queries] = [20, 3];
const task = taskOf(train, queries);
const split = { subsets: range(0), queries: range(queries) };
/** What each point adds to the target of each query. */
const effect = (query: number, point: number) => ((7 * point + 3 * query) % 11) - 4;
const sumOver = (members: Iterable<number>, query: number) =>
  [...members].reduce((sum, point) => sum + effect(query, point), 0);

/** What training on the sets gives: effects add up, seed s adds s to every model of its own, and above 15 a query is right. */
function trained(requests: readonly RetrainRequest[]) {
  return requests.map((request) => {
    const targets = request.members.map((members) =>
      Float32Array.from(range(queries), (query) => sumOver(members, query) + request.seed),
    );
    return { ...request, targets, right: targets.map((of) => Uint8Array.from(of, (value) => (value > 15 ? 1 : 0))) };
  });
}

function evaluated(id: string, params: Record<string, number | number[]>, sign = 1) {
  const scores = Float32Array.from(
    { length: queries * train },
    (_, i) => sign * effect(Math.floor(i / train), i % train),
  );
  const ctx = { task, scores, scoreShape: 'pairwise' } as const;
  const requests = metrics[id].retrainings?.(ctx, params, split, new Rng([1, 2, 3, 4])) ?? [];
  return { requests, result: metrics[id].evaluate({ ...ctx, retrained: trained(requests) }, params, split) };
}

/** Points from the highest to the lowest sum of scores. */
const order = Array.from(range(train)).sort((a, b) => {
  const total = (point: number) => Array.from(range(queries)).reduce((sum, query) => sum + effect(query, point), 0);
  return total(b) - total(a) || a - b;
});

/** Means over draws of what repeats keep are the values, of the curve as of the whole. */
function expectDrawsToAverage({ perQuery, perSampledQuery, repeats = {}, curve }: MetricResult, sources: string[]) {
  const whole = perQuery ?? perSampledQuery ?? new Float64Array();
  expect(Object.keys(repeats)).toEqual(sources);
  expect(Object.keys(curve?.repeats ?? {})).toEqual(sources);
  const kept = sources.flatMap((source) => [
    [repeats[source], whole] as const,
    [curve?.repeats?.[source] ?? new Float64Array(), curve?.values ?? new Float64Array()] as const,
  ]);
  for (const [draws, values] of kept)
    values.forEach((value, at) => {
      const ofDraws = draws.filter((_, i) => i % values.length === at);
      expect(ofDraws.length).toBeGreaterThan(1);
      expect(ofDraws.reduce((sum, each) => sum + each, 0) / ofDraws.length).toBeCloseTo(value, 9);
    });
}

const at = (curve: MeanResult['curve'], step: number) =>
  Array.from(curve?.values.subarray(step * queries, (step + 1) * queries) ?? []);

describe('weights of steps', () => {
  const points = Int32Array.of(2, 3, 7, 12);
  const heights = [1, 4, -2, 5];
  /** The height in straight lines from (0, 0) through the steps. */
  const height = (j: number) => {
    const step = points.findIndex((point) => j <= point);
    const [x, y] = step === 0 ? [0, 0] : [points[step - 1], heights[step - 1]];
    return y + ((heights[step] - y) * (j - x)) / (points[step] - x);
  };
  const weighted = (weights: readonly number[]) => weights.reduce((sum, weight, i) => sum + weight * heights[i], 0);

  it('of the area are those of the trapezoids', () => {
    let area = 0;
    for (let j = 2; j < 12; j++) area += (height(j) + height(j + 1)) / 2;
    expect(weighted(areaWeights(points))).toBeCloseTo(area, 12);
    expect(areaWeights(Int32Array.of(5))).toEqual([1]);
  });

  it('of the accuracy drop are those of the sum over all numbers of points, each by its reciprocal', () => {
    const sum = Array.from({ length: 12 }, (_, i) => height(i + 1) / (i + 1)).reduce((a, b) => a + b);
    expect(weighted(reciprocalWeights(points))).toBeCloseTo(sum, 12);
  });
});

describe('removal-curve', () => {
  it('keeps the difference at each share, in ascending order', () => {
    const { result } = evaluated('removal-curve', { shares: [0.5, 0.1, 0.1], seeds: 2 });
    expect(Array.from(result.curve?.points ?? [])).toEqual([2, 10]);
    [2, 10].forEach((count, step) => {
      const gain = (query: number) => sumOver(order.slice(0, count), query) - sumOver(order.slice(-count), query);
      expect(at(result.curve, step)).toEqual(Array.from(range(queries), gain));
    });
    expectDrawsToAverage(result, ['retrainings']);
  });
});

describe('addition-curve', () => {
  const params = { shares: [0.1, 0.25, 1], seeds: 2, draws: 3 };

  it('is how much higher the target is by the best points alone than by the same random ones for every method', () => {
    const [right, wrong] = [evaluated('addition-curve', params), evaluated('addition-curve', params, -1)];
    expect(right.requests.slice(6)).toEqual(wrong.requests.slice(6));
    expect(right.requests.map(({ members }) => members.map(({ length }) => length))).toEqual(
      [1, 3].flatMap((sets) => [2, 5, 20].flatMap((size) => [0, 1].map(() => new Array(sets).fill(size)))),
    );
    const gains = [2, 5, 20].map((count, step) => {
      const { members } = right.requests[6 + 2 * step];
      return Array.from(range(queries), (query) => {
        const random = members.reduce((sum, set) => sum + sumOver(set, query), 0) / members.length;
        return sumOver(order.slice(0, count), query) - random;
      });
    });
    gains.forEach((expected, step) => {
      at(right.result.curve, step).forEach((value, query) => {
        expect(value).toBeCloseTo(expected[query], 9);
      });
    });
    expect(gains[2].every((gain) => gain === 0)).toBe(true);
    // Trapezoids from 2 to 5 and from 5 to 20 points.
    right.result.perQuery?.forEach((value, query) => {
      expect(value).toBeCloseTo((1.5 * gains[0][query] + 9 * gains[1][query]) / 18, 9);
    });
    expect(right.result.value).toBeGreaterThan(1);
    expect(wrong.result.value).toBeLessThan(-1);
    expectDrawsToAverage(right.result, ['retrainings', 'sets']);
  });
});

describe('weighted-accuracy-drop', () => {
  it('is the sum over j of drop / j of CS-Shapley, by that of 1 / j, where every number of points is removed', () => {
    const shares = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);
    const { result } = evaluated('weighted-accuracy-drop', { shares, seeds: 1 });
    const accuracy = (removed: number) =>
      Array.from(range(queries)).filter((query) => sumOver(order.slice(removed), query) > 15).length / queries;
    const steps = shares.map((_, i) => i + 1);
    const drops = steps.reduce((sum, j) => sum + (accuracy(0) - accuracy(j)) / j, 0);
    const weights = steps.reduce((sum, j) => sum + 1 / j, 0);
    expect(accuracy(0)).toBe(1);
    expect(result.value).toBeGreaterThan(5);
    expect(result.value).toBeCloseTo((100 * drops) / weights, 9);
  });

  it('looks at models of the removal curve, and keeps what each retraining gives', () => {
    const params = { shares: [0.05, 0.2], seeds: 2 };
    const drop = evaluated('weighted-accuracy-drop', params);
    const models = drop.requests.map(({ members, seed }) => ({ members, seed }));
    expect(models.slice(2)).toEqual(evaluated('removal-curve', params).requests);
    expectDrawsToAverage(drop.result, ['retrainings']);
  });
});

describe('any', () => {
  it('gives each voter its infinitesimal influence on the chance that any vote says 1', () => {
    const ballots = [
      [0, 1, 0],
      [1, 1, 0],
      [0, 0, 1],
    ];
    const majorities = ballots.map((votes) => majority(votes));
    const { value, ofVoter } = any(majorities);
    expect(value).toBe(1);
    // Only the second decides: without it no vote says 1.
    ofVoter.forEach((each, voter) => {
      expect(each).toBeCloseTo(majorities[1].ofVoter[voter], 12);
    });
    expect(any([majorities[0], majorities[2]]).value).toBe(0);
    any([majorities[0], majorities[2]]).ofVoter.forEach((each, voter) => {
      expect(each).toBeCloseTo(majorities[0].ofVoter[voter] + majorities[2].ofVoter[voter], 12);
    });
  });
});
