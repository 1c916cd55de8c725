import { checkParams, type Metric, type RetrainRequest, Rng } from '@attribution-bench/contract';
import { readNpy } from '@attribution-bench/testkit';
import { describe, expect, it } from 'vitest';
import { imageComponents, metrics } from '../src/index.js';
import { range, taskOf } from './task.js';

const fixture = (name: string) =>
  readNpy(new URL(`../../../test/fixtures/dattri-metrics/${name}.npy`, import.meta.url));
const rng = () => new Rng([1, 2, 3, 4]);

/** Each training point adds its effect [queries × train] to the targets, exactly: what retraining would give. */
function additive(requests: readonly RetrainRequest[], effects: ArrayLike<number>, train: number, queries: number) {
  return requests.map((request) => ({
    ...request,
    targets: request.members.map((members) =>
      Float32Array.from({ length: queries }, (_, q) =>
        members.reduce((sum, point) => sum + effects[q * train + point], 0),
      ),
    ),
  }));
}

describe('loo', () => {
  const { loo } = metrics;

  it('gives the values of dattri', () => {
    const score = fixture('score');
    const [train, queries] = score.shape;
    const truth = fixture('loo_ground_truth').data;
    const task = taskOf(train, queries);
    const scores = Float32Array.from(
      { length: train * queries },
      (_, i) => score.data[(i % train) * queries + Math.floor(i / train)],
    );
    const split = { subsets: range(0), queries: range(queries) };
    const ctx = { task, scores, scoreShape: 'pairwise' } as const;
    const params = { points: train, seeds: 1, statistic: 'pearson' };
    const [request] = loo.retrainings?.(ctx, params, split, rng()) ?? [];
    expect(request.members.map((members) => members.length)).toEqual(new Array(train).fill(train - 1));
    const targets = request.members.map((_, i) =>
      Float32Array.from({ length: queries }, (_, q) => -truth[i * queries + q]),
    );
    const { perQuery } = loo.evaluate({ ...ctx, retrained: [{ ...request, targets }] }, params, split);
    const expected = fixture('loo_corr').data;
    for (let q = 0; q < queries; q++) expect(perQuery?.[q]).toBeCloseTo(expected[q], 6);
  });

  it('leaves out the same points for every method, and is 1 for the true effects of those', () => {
    const [train, queries] = [30, 3];
    const task = taskOf(train, queries);
    const effects = Float32Array.from({ length: train * queries }, (_, i) => Math.sin(7 * i));
    const split = { subsets: range(0), queries: Int32Array.of(0, 2) };
    const params = { points: 8, seeds: 2, statistic: 'pearson' };
    const ctx = { task, scores: effects, scoreShape: 'pairwise' } as const;
    const requests = loo.retrainings?.(ctx, params, split, rng()) ?? [];
    const other = { ...ctx, scores: effects.map((effect) => -effect) };
    expect(loo.retrainings?.(other, params, split, rng())).toEqual(requests);
    expect(requests.map(({ seed, members }) => [seed, members.length])).toEqual([
      [0, 8],
      [1, 8],
    ]);
    const retrained = additive(requests, effects, train, queries);
    expect(loo.evaluate({ ...ctx, retrained }, params, split).value).toBeCloseTo(1, 5);
    expect(loo.evaluate({ ...other, retrained }, params, split).value).toBeCloseTo(-1, 5);
  });
});

describe('removal-curve', () => {
  const curve = metrics['removal-curve'];
  const [train, queries] = [20, 2];
  const task = taskOf(train, queries);
  const effects = Float32Array.from({ length: train * queries }, (_, i) => (i % train) - 8);
  const split = { subsets: range(0), queries: range(queries) };
  const params = { shares: [0.1, 0.5], seeds: 2 };
  const value = (scores: Float32Array, scoreShape: 'pairwise' | 'global' = 'pairwise') => {
    const ctx = { task, scores, scoreShape };
    const requests = curve.retrainings?.(ctx, params, split, rng()) ?? [];
    return curve.evaluate({ ...ctx, retrained: additive(requests, effects, train, queries) }, params, split).value;
  };

  it('is how much the target gains by removing the worst rather than the best points', () => {
    const best = [11 + 10, 11 + 10 + 9 + 8 + 7 + 6 + 5 + 4 + 3 + 2];
    const worst = [-8 - 7, -8 - 7 - 6 - 5 - 4 - 3 - 2 - 1 + 0 + 1];
    expect(value(effects)).toBeCloseTo((best[0] - worst[0] + best[1] - worst[1]) / 2, 4);
  });

  it('keeps what each retraining seed gives alone', () => {
    const ctx = { task, scores: effects, scoreShape: 'pairwise' } as const;
    const requests = curve.retrainings?.(ctx, params, split, rng()) ?? [];
    const retrained = additive(requests, effects, train, queries).map((request) => ({
      ...request,
      targets: request.targets.map((target, i) => target.map((of) => of + (i === 0 ? 10 * request.seed : 0))),
    }));
    const { perQuery, repeats } = curve.evaluate({ ...ctx, retrained }, params, split);
    const [first, second] = [repeats?.retrainings.slice(0, queries), repeats?.retrainings.slice(queries)];
    expect(second).toEqual(first?.map((gain) => gain + 10));
    expect(perQuery).toEqual(first?.map((gain) => gain + 5));
  });

  it('changes its sign with the scores, and takes global ones', () => {
    expect(value(effects.map((effect) => -effect))).toBeCloseTo(-value(effects), 4);
    expect(value(effects.slice(0, train), 'global')).toBeCloseTo(value(effects), 4);
  });
});

describe('counterfactual', () => {
  const { counterfactual } = metrics;
  const cosine = metrics['counterfactual-cosine'];
  const [train, heldout, generated, dims] = [20, 2, 3, 4];
  const task = { ...taskOf(train, heldout + generated), generated };
  const split = { subsets: range(0), queries: Int32Array.of(0, 1, 2, 4) };
  const params = { images: 16, share: 0.1, draws: 6, seeds: 2 };
  /** Image g starts as 1 in its own dimension and moves by 1 in the last for each of the points 2 g, 2 g + 1 that is missing. */
  const drawn = (requests: readonly RetrainRequest[]) =>
    requests.map((request) => {
      const images = request.members.map((members) => {
        const present = new Set(members);
        return Float32Array.from(
          (request.generate ?? []).flatMap((g) => {
            const missing = [2 * g, 2 * g + 1].filter((point) => !present.has(point)).length;
            return Array.from({ length: dims }, (_, d) => (d === g ? 1 : d === dims - 1 ? missing : 0));
          }),
        );
      });
      return { ...request, targets: [], images, features: images };
    });
  const evaluated = (metric: Metric, score: (image: number, point: number) => number) => {
    const scores = Float32Array.from({ length: task.queries * train }, (_, i) =>
      score(Math.floor(i / train) - heldout, i % train),
    );
    const ctx = { task, scores, scoreShape: 'pairwise' } as const;
    const requests = metric.retrainings?.(ctx, params, split, rng()) ?? [];
    expect(requests.map(({ seed, members, generate }) => [seed, members.length, generate])).toEqual(
      [0, 1].flatMap((seed) => [1, 6, 2].map((models) => [seed, models, [0, 2]])),
    );
    const result = metric.evaluate({ ...ctx, retrained: drawn(requests) }, params, split);
    expect(result.perSampledQuery).toHaveLength(2);
    return { ...result, requests };
  };
  const own = (image: number, point: number) => (Math.floor(point / 2) === image ? 1 : 0);
  const others = (image: number, point: number) => -own(image, point);

  it('is how much farther an image moves without its points than without random ones', () => {
    const [right, wrong] = [evaluated(counterfactual, own).value, evaluated(counterfactual, others).value];
    expect(right - wrong).toBeCloseTo(2, 5);
    expect(right).toBeGreaterThan(1);
    expect(wrong).toBeLessThanOrEqual(0);
  });

  it('has the same models trained for its cosine, which falls from that of (1, 0) with itself to that with (1, 2)', () => {
    const [right, wrong] = [evaluated(cosine, own), evaluated(cosine, others)];
    expect(right.value - wrong.value).toBeCloseTo(1 - 1 / Math.sqrt(5), 5);
    expect(right.requests).toEqual(evaluated(counterfactual, own).requests);
    expect(cosine.sharesRetrainings).toBe(counterfactual.id);
  });

  it('keeps what each random removal and each seed gives alone', () => {
    const { perSampledQuery, repeats = {} } = evaluated(counterfactual, own);
    for (const [source, draws] of [
      ['retrainings', 2],
      ['removals', 6],
    ] as const) {
      const values = repeats[source];
      expect(values).toHaveLength(draws * 2);
      for (const image of [0, 1]) {
        const sum = Array.from({ length: draws }, (_, draw) => values[draw * 2 + image]).reduce((a, b) => a + b);
        expect(sum / draws).toBeCloseTo(perSampledQuery?.[image] ?? Number.NaN, 5);
      }
    }
  });

  it('compares in the space that its parameters name', () => {
    const spaceOf = (given: Record<string, unknown>) => {
      const checked = checkParams(cosine.params, given);
      if (!checked.ok) throw new Error(checked.problems[0].message);
      return cosine.imageSpace?.(checked.params);
    };
    expect(spaceOf({})).toEqual({ space: 'components', components: 16 });
    expect(spaceOf({ space: 'pixels' })).toEqual({ space: 'pixels' });
    expect(spaceOf({ space: 'onnx', extractor: { file: 'clip.onnx', size: 224 } })).toMatchObject({
      space: 'onnx',
      extractor: { file: 'clip.onnx', size: 224, pool: 'flatten' },
    });
  });

  it('has components of which the leading ones say where most of an image is', async () => {
    const points = Float32Array.from({ length: 40 }, (_, i) => [3, 0.1][i % 2] * Math.sin(5 * i));
    const project = await imageComponents(points, 2, 1);
    const [a, b] = await project(Float32Array.of(1, 0, -1, 0));
    expect(Math.abs(a - b)).toBeCloseTo(2, 2);
  });
});
