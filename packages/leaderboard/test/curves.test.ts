import { type MeanResult, Rng } from '@attribution-bench/contract';
import { describe, expect, it } from 'vitest';
import type { BoardInput, CellResult } from '../src/board-input.js';
import { makeBoard, renderPage } from '../src/index.js';
import { reachedSentences } from '../src/view/sentences.js';
import { taskViews } from '../src/view/task-view.js';
import { boardMethod, range, taskInfo } from './simulated-grid.js';

const [points, queries] = [[2, 5, 9], 20];

/** A curve of method and seed with noise of queries and of three retrainings; larger for method a. */
function resultOf(method: 'a' | 'b', seed: number): MeanResult {
  const rng = new Rng([seed, method === 'a' ? 1 : 2, 3, 4]);
  const common = points.map(() => [0, 1, 2].map(() => 8 * rng.normal()));
  const draws = Array.from({ length: 3 }, (_draw, draw) =>
    points.flatMap((_, step) =>
      Array.from({ length: queries }, (_query, query) => {
        const own = 10 * Math.sin(query) + common[step][draw] + rng.normal();
        return Math.min(100, Math.max(0, (method === 'a' ? [20, 50, 90] : [5, 10, 40])[step] + own));
      }),
    ),
  );
  const average = (at: number) => (draws[0][at] + draws[1][at] + draws[2][at]) / 3;
  const values = Float64Array.from(draws[0], (_, at) => average(at));
  const perSampledQuery = values.slice(0, queries);
  return {
    kind: 'mean',
    value: perSampledQuery.reduce((sum, value) => sum + value, 0) / queries,
    perSampledQuery,
    curve: { points: Int32Array.from(points), values, repeats: { retrainings: Float64Array.from(draws.flat()) } },
  };
}

/** The part of a result that one step is, as a metric of its own. */
function stepOf({ curve }: MeanResult, step: number): MeanResult {
  const part = (at: number) => curve?.values.slice(at, at + queries) ?? new Float64Array();
  const perSampledQuery = part(step * queries);
  const retrainings = [0, 1, 2].flatMap((draw) => {
    const start = (draw * points.length + step) * queries;
    return Array.from(curve?.repeats?.retrainings.slice(start, start + queries) ?? []);
  });
  return {
    kind: 'mean',
    value: perSampledQuery.reduce((sum, value) => sum + value, 0) / queries,
    perSampledQuery,
    repeats: { retrainings: Float64Array.from(retrainings) },
  };
}

function makeCurves(change: (result: MeanResult) => MeanResult, level = 50) {
  const cells = (['a', 'b'] as const).flatMap((method) =>
    [0, 1, 2].map((seed): CellResult => {
      const report = change(resultOf(method, seed));
      return { task: 'toy', method, params: {}, seed, status: 'ok', metrics: { flips: { report } } };
    }),
  );
  const split = { subsets: range(0, 0), queries: range(0, queries) };
  const input: BoardInput = {
    grid: 'simulated',
    gridSeed: 1,
    tasks: [
      {
        info: taskInfo('toy', 'classifier', 40, queries),
        key: 'toy',
        dataset: 'simulated',
        report: split,
        sanity: {},
      },
    ],
    methods: ['a', 'b'].map((id) => boardMethod({ id, noise: 0 })),
    metrics: [
      {
        id: 'flips',
        title: 'Flips',
        higherIsBetter: true,
        range: [0, 100],
        curve: { over: 'removed points', reaches: { level, title: 'Median' } },
        params: {},
      },
    ],
    cells,
    report: { primary: 'flips', ci: 0.95, resamples: 500 },
    provenance: {},
  };
  return makeBoard(input);
}

function boardOf(change: (result: MeanResult) => MeanResult, level?: number) {
  const { rows } = makeCurves(change, level);
  return Object.fromEntries(rows.map((row) => [row.entry, row.metrics.flips]));
}

describe('curves of a board', () => {
  const board = boardOf((result) => result);

  it('have at each step the mean and the interval that the step has as a metric of its own', () => {
    points.forEach((_, step) => {
      const alone = boardOf((result) => stepOf(result, step));
      for (const entry of ['a', 'b']) {
        const { values, low, high } = board[entry].curve ?? { values: [], low: [], high: [] };
        const { value, low: least, high: most } = alone[entry];
        expect([values[step], low[step], high[step]]).toEqual([value, least, most]);
        expect(most).toBeGreaterThan(least);
      }
    });
  });

  it('say where they reach a level, with the steps that their intervals leave possible', () => {
    for (const level of [15, 50, 95]) {
      for (const { curve } of Object.values(boardOf((result) => result, level))) {
        const first = (heights: readonly number[] = []) =>
          curve?.points.find((_, step) => heights[step] >= level) ?? undefined;
        const { value, low, high } = curve?.reaches ?? {};
        expect([value, low, high]).toEqual([first(curve?.values), first(curve?.high), first(curve?.low)]);
      }
    }
    expect(board.a.curve?.points).toEqual(points);
    const [sentence] = taskViews(makeCurves((result) => result)).flatMap(reachedSentences);
    const words = ({ value, low, high }: { value?: number; low?: number; high?: number } = {}) => {
      const [middle, least, most] = [value, low, high].map((count) =>
        count === undefined ? 'above 9' : String(count),
      );
      return `${middle} [${least}, ${most}]`;
    };
    expect(sentence).toBe(`Median: a ${words(board.a.curve?.reaches)}, b ${words(board.b.curve?.reaches)}.`);
    expect(sentence).toContain('above 9');
  });

  it('are drawn on the page, with their intervals in words', async () => {
    const page = await renderPage(makeCurves((result) => result));
    const { values, low, high } = board.a.curve ?? { values: [], low: [], high: [] };
    expect(page).toContain('data-name="toy-curve-flips"');
    expect(page).toContain(
      `a: ${values[1].toFixed(3)} [${low[1].toFixed(3)}, ${high[1].toFixed(3)}] at 5 removed points`,
    );
  });

  it('of queries that all are the same are no surer than as many queries allow', () => {
    const same = boardOf(({ curve, ...result }) => ({
      ...result,
      value: 100,
      perSampledQuery: new Float64Array(queries).fill(100),
    }));
    expect(same.a.high).toBe(100);
    // The chance that 20 queries show no other one of a share of 16.84 % is 2.5 %.
    expect(same.a.low).toBeCloseTo(83.16, 2);
  });
});
