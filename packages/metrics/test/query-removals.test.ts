import type { RetrainRequest } from '@attribution-bench/contract';
import { Rng } from '@attribution-bench/contract';
import { describe, expect, it } from 'vitest';
import { metrics } from '../src/index.js';
import { majority } from '../src/votes.js';
import { range, taskOf } from './task.js';

const [train, queries] = [40, 6];
const task = taskOf(train, queries);
const split = { subsets: range(0), queries: range(queries) };
const params = { queries: 6, shares: [0.05, 0.1], seeds: 3, draws: 4 };
/**
 * Query q hangs on the points q, q + 6, q + 12, …: each adds 1 to its target, and q + 1 of the first two of them are needed
 * to predict it right; of query 5 more than there are, so that it is never right.
 */
const own = (query: number, point: number) => (point % queries === query ? 1 + (train - point) / 100 : 0);
const needs = (query: number) => (query === 5 ? 8 : query < 2 ? 6.5 : query < 4 ? 5.5 : 3);

/** What training on the sets gives; seed 2 makes it harder for every query. */
function trained(requests: readonly RetrainRequest[]) {
  return requests.map((request) => {
    const targets = request.members.map((members) =>
      Float32Array.from(range(queries), (query) => members.filter((point) => point % queries === query).length),
    );
    const right = targets.map((values) =>
      Uint8Array.from(values, (value, query) => (value > needs(query) + (request.seed === 2 ? 1 : 0) ? 1 : 0)),
    );
    return { ...request, targets, ...(request.predict && { right }) };
  });
}

function evaluated(metric: 'brittleness' | 'qld', score: (query: number, point: number) => number, shape = 'pairwise') {
  const rows = shape === 'pairwise' ? queries : 1;
  const scores = Float32Array.from({ length: rows * train }, (_, i) => score(Math.floor(i / train), i % train));
  const ctx = { task, scores, scoreShape: shape === 'pairwise' ? 'pairwise' : 'global' } as const;
  const requests = metrics[metric].retrainings?.(ctx, params, split, new Rng([1, 2, 3, 4])) ?? [];
  return { requests, ...metrics[metric].evaluate({ ...ctx, retrained: trained(requests) }, params, split) };
}

describe('brittleness', () => {
  it('is the share of rightly predicted queries that the vote of retrainings flips, over the removed shares', () => {
    // Queries 0 to 3 have 7 points, query 4 has 6. By the vote of the seeds 0 and 1, without 2 points 0 to 3 are flipped,
    // without 4 points they are as well and 4 is.
    const { perSampledQuery, value } = evaluated('brittleness', own);
    expect(Array.from(perSampledQuery ?? [])).toEqual([100, 100, 100, 100, 50]);
    expect(value).toBe(90);
  });

  it('flips nothing by removing the points that matter least', () => {
    expect(evaluated('brittleness', (query, point) => -own(query, point)).value).toBe(0);
  });

  it('keeps the share of queries that a set of at most so many points flips', () => {
    const { curve } = evaluated('brittleness', own);
    expect(Array.from(curve?.points ?? [])).toEqual([2, 4]);
    expect(Array.from(curve?.values ?? [])).toEqual([100, 100, 100, 100, 0, 100, 100, 100, 100, 100]);
    // Models without the larger set are right again: the smaller one flips the prediction all the same.
    const ctx = { task, scores: new Float32Array(queries * train), scoreShape: 'pairwise' } as const;
    const only = { ...split, queries: Int32Array.of(4) };
    const requests = metrics.brittleness.retrainings?.(ctx, params, only, new Rng([1, 2, 3, 4])) ?? [];
    const retrained = trained(requests).map((request, i) => ({
      ...request,
      right: [Uint8Array.from(range(queries), () => (i >= 3 && i < 6 ? 0 : 1))],
    }));
    const again = metrics.brittleness.evaluate({ ...ctx, retrained }, params, only);
    expect(Array.from(again.curve?.values ?? [])).toEqual([100, 100]);
  });

  it('keeps what each retraining contributes to the vote', () => {
    const { perSampledQuery = [], repeats = {} } = evaluated('brittleness', own);
    const retrainings = repeats.retrainings;
    expect(retrainings).toHaveLength(3 * 5);
    for (const at of [0, 2, 4])
      expect((retrainings[at] + retrainings[5 + at] + retrainings[10 + at]) / 3).toBeCloseTo(perSampledQuery[at], 10);
  });

  it('says what to do where no query is predicted right', () => {
    const ctx = { task, scores: new Float32Array(queries * train), scoreShape: 'pairwise' } as const;
    const only = { ...split, queries: Int32Array.of(5) };
    const requests = metrics.brittleness.retrainings?.(ctx, params, only, new Rng([1, 2, 3, 4])) ?? [];
    expect(() => metrics.brittleness.evaluate({ ...ctx, retrained: trained(requests) }, params, only)).toThrow(
      /predict none of 1 queries right/,
    );
  });
});

describe('qld', () => {
  /** The target falls by 1 for each missing point of its own. */
  const expected = (requests: readonly RetrainRequest[], most: boolean) => {
    const falls = requests.map(({ members }) =>
      members.map((set) => Array.from(range(queries), (q) => set.filter((point) => point % queries === q).length)),
    );
    const sizes = [2, 4];
    return Array.from(range(queries), (q) => {
      const has = q < 4 ? 7 : 6;
      const kept = sizes.map((size) => has - (most ? size : 0));
      const random = [6, 9].map((at) => falls[at].reduce((sum, draw) => sum + draw[q], 0) / 4);
      return (random[0] - kept[0] + random[1] - kept[1]) / 2;
    });
  };

  it('is how much farther the target falls than without the same random points for every method', () => {
    const right = evaluated('qld', own);
    const wrong = evaluated('qld', (query, point) => -own(query, point));
    expect(right.requests.slice(6)).toEqual(wrong.requests.slice(6));
    expected(right.requests, true).forEach((value, q) => {
      expect(right.perSampledQuery?.[q]).toBeCloseTo(value, 6);
    });
    expected(wrong.requests, false).forEach((value, q) => {
      expect(wrong.perSampledQuery?.[q]).toBeCloseTo(value, 6);
    });
    expect(right.value).toBeGreaterThan(2);
    expect(wrong.value).toBeLessThan(0);
  });

  it('asks for the models of brittleness, and for one a share where scores are the same for all queries', () => {
    expect(evaluated('qld', own).requests.slice(0, 6)).toEqual(evaluated('brittleness', own).requests.slice(3));
    const global = evaluated('qld', (_, point) => own(0, point), 'global');
    expect(global.requests.slice(0, 6).map(({ members }) => members.length)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(global.perSampledQuery?.[0]).toBeCloseTo(evaluated('qld', own).perSampledQuery?.[0] ?? Number.NaN, 6);
  });
});

describe('majority', () => {
  it('gives each voter its infinitesimal influence on the chance of a majority', () => {
    const votes = [1, 0, 0, 1, 1];
    /** The chance that a majority of five says 1 when each of them is drawn with these weights. */
    const chance = (weights: readonly number[]) => {
      const p = weights.reduce((sum, weight, i) => sum + weight * votes[i], 0);
      return [3, 4, 5].reduce((sum, k) => sum + [10, 5, 1][k - 3] * p ** k * (1 - p) ** (5 - k), 0);
    };
    const { value, ofVoter } = majority(votes);
    expect(value).toBe(1);
    const h = 1e-6;
    ofVoter.forEach((each, voter) => {
      const towards = (step: number) => chance(votes.map((_, i) => (1 - step) / 5 + (i === voter ? step : 0)));
      expect(each - value).toBeCloseTo((towards(h) - towards(-h)) / (2 * h), 6);
    });
  });
});
