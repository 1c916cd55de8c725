import { metrics } from '@attribution-bench/metrics';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BoardInput, CellResult } from '../src/board-input.js';
import { type Board, type BoardRow, makeBoard, makeCosts, renderMarkdown, renderTerminal } from '../src/index.js';
import { exampleGrid } from './example-grid.js';
import { simulatedGrid } from './simulated-grid.js';

const rowOf = (board: Board, entry: string, task = board.tasks[0].id): BoardRow => {
  const row = board.rows.find((candidate) => candidate.entry === entry && candidate.task === task);
  if (row === undefined) throw new Error(`no row ${task}/${entry}`);
  return row;
};

/** Two settings of one method; `tune` and `report` give the noise of each on either split. */
function sweep(tune: readonly number[], report: readonly number[]): BoardInput {
  const shared = { seed: 3, tuneSubsets: 16, tuneQueries: 10, subsets: 40, queries: 26, seeds: [0, 1], resamples: 40 };
  const settings = ['x', 'y'].slice(0, tune.length);
  const grid = (noise: readonly number[]) =>
    simulatedGrid({
      ...shared,
      methods: settings.map((name, i) => ({ id: 'm', params: { name, fixed: 1 }, noise: noise[i] })),
    });
  const [onTune, onReport] = [grid(tune), grid(report)];
  return {
    ...onReport,
    cells: onReport.cells.map((cell, i) => ({
      ...cell,
      metrics: {
        lds: { report: cell.metrics.lds.report, tune: onTune.cells[i].metrics.lds.tune ?? cell.metrics.lds.report },
      },
    })),
  };
}

describe('choice of parameters', () => {
  it('is by the tune split, even when the report split says the opposite', () => {
    const row = rowOf(makeBoard(sweep([0.5, 4], [4, 0.5])), 'm');
    expect(row.params).toEqual({ name: 'x', fixed: 1 });
    expect(row.varied).toEqual(['name']);
    const [x, y] = row.sweep;
    expect([x.chosen, y.chosen]).toEqual([true, false]);
    expect(x.tune).toBeGreaterThan(y.tune ?? 1);
    expect(x.report).toBeLessThan(y.report ?? 0);
    expect(row.metrics.lds.value).toBe(x.report);
  });

  it('follows the tune split the other way round, and takes the first of equals', () => {
    expect(rowOf(makeBoard(sweep([4, 0.5], [4, 0.5])), 'm').params?.name).toBe('y');
    const input = sweep([1, 1], [1, 1]);
    const cells = input.cells.map((cell) => ({ ...cell, metrics: input.cells[0].metrics }));
    expect(rowOf(makeBoard({ ...input, cells }), 'm').params?.name).toBe('x');
  });

  it('does not happen without a tune split: every setting is a row of its own', () => {
    const input = sweep([0.5, 4], [0.5, 4]);
    const cells = input.cells.map((cell) => ({ ...cell, metrics: { lds: { report: cell.metrics.lds.report } } }));
    const board = makeBoard({ ...input, cells });
    const rows = board.rows.filter(({ kind }) => kind === 'method');
    expect(rows.map(({ entry }) => entry)).toEqual(['m name=x', 'm name=y']);
    expect(rows.map(({ rank }) => rank?.point)).toEqual([1, 2]);
    expect(makeCosts({ ...input, cells }).rows.map(({ entry }) => entry)).toEqual(['m name=x', 'm name=y']);
  });

  it('lists a failed setting beside the others where nothing is chosen', () => {
    const input = sweep([0.5, 4], [0.5, 4]);
    const tasks = input.tasks.map(({ tune: _, ...task }) => task);
    const cells = input.cells.map((cell): CellResult => {
      if (cell.params.name === 'y') return { ...cell, status: 'failed', reason: 'out of memory', metrics: {} };
      return { ...cell, metrics: { lds: { report: cell.metrics.lds.report } } };
    });
    const board = makeBoard({ ...input, tasks, cells });
    expect(rowOf(board, 'm name=x')).toMatchObject({ status: 'ok', rank: { point: 1 } });
    expect(rowOf(board, 'm name=y')).toMatchObject({ status: 'failed', reason: 'seed 0: out of memory' });
  });

  it('takes no part of a sweep with a failed cell in it: the method is listed, unranked, without a value', () => {
    const input = sweep([0.5, 4], [0.5, 4]);
    const cells = input.cells.map(
      (cell): CellResult =>
        cell.params.name === 'y' && cell.seed === 1
          ? { ...cell, status: 'failed', reason: 'out of memory', metrics: {} }
          : cell,
    );
    const row = rowOf(makeBoard({ ...input, cells }), 'm');
    expect(row).toMatchObject({ status: 'failed', reason: 'name=y: seed 1: out of memory', metrics: {} });
    expect(row.rank).toBeUndefined();
    expect(row.sweep.map(({ status }) => status)).toEqual(['ok', 'failed']);
  });

  it('leaves out settings that the method says are not for the task', () => {
    const input = sweep([4, 0.5], [4, 0.5]);
    const cells = input.cells.map(
      (cell): CellResult =>
        cell.params.name === 'y' ? { ...cell, status: 'skipped', reason: 'too wide', metrics: {} } : cell,
    );
    const row = rowOf(makeBoard({ ...input, cells }), 'm');
    expect(row).toMatchObject({ status: 'ok', params: { name: 'x' } });
    expect(row.sweep[1]).toMatchObject({ status: 'skipped', reason: 'too wide', chosen: false });
  });
});

describe('a board', () => {
  let input: BoardInput;
  let board: Board;
  beforeAll(() => {
    input = exampleGrid();
    board = makeBoard(input);
  });

  it('keeps the values of the metric, per query and per seed', () => {
    const cells = input.cells.filter((cell) => cell.task === 'digits-mlp' && cell.method === 'influence');
    const value = rowOf(board, 'influence').metrics.lds;
    expect(value.perSeed).toEqual(cells.map((cell) => Number(cell.metrics.lds.report.value.toFixed(6))));
    expect(value.perQuery).toHaveLength(36);
    const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
    expect(value.value).toBeCloseTo(mean(value.perQuery ?? []), 5);
    expect(value.growth?.at(-1)).toEqual({ subsets: 48, value: value.value });
    expect(value.growth?.map(({ subsets }) => subsets)).toEqual([12, 18, 24, 30, 36, 42, 48]);
  });

  it('is the same to the byte when made again, and whatever the order of the cells', () => {
    const again = makeBoard({
      ...input,
      cells: input.cells.toReversed().toSorted((a, b) => (a.task < b.task ? -1 : 1)),
    });
    const withoutSweeps = (made: Board) =>
      JSON.stringify({ ...made, rows: made.rows.map((row) => ({ ...row, sweep: [] })) });
    expect(JSON.stringify(makeBoard(input))).toBe(JSON.stringify(board));
    expect(withoutSweeps(again)).toBe(withoutSweeps(board));
  });

  it('bills a row the training of its models, and says what of it other methods use', () => {
    const costOf = (method: string) => {
      const own = { step: `${method} alone`, seconds: 3 };
      const training = method === 'random' ? [] : [{ step: 'of all', seconds: 2 }, ...(method === 'trak' ? [own] : [])];
      return { fitSeconds: 1, scoreSeconds: 1, peakRssBytes: 1, retrainings: training.length, training };
    };
    const { rows } = makeCosts({
      ...input,
      cells: input.cells.map((cell) => ({ ...cell, cost: costOf(cell.method) })),
    });
    const billOf = (method: string) => {
      const { trainSeconds, sharedTrainSeconds } = rows.find(({ entry }) => entry === method) ?? {};
      return [trainSeconds, sharedTrainSeconds];
    };
    expect(billOf('trak')).toEqual([5, 2]);
    expect(billOf('tracin')).toEqual([2, 2]);
    expect(billOf('random')).toEqual([0, undefined]);
  });

  it('has nothing in it that depends on the machine or the moment', () => {
    const elsewhere = {
      ...input,
      provenance: { cpu: 'another' },
      cells: input.cells.map((cell) => ({
        ...cell,
        cost: { fitSeconds: 1e3, scoreSeconds: 1e3, peakRssBytes: 1, retrainings: 0 },
      })),
    };
    expect(makeBoard(elsewhere)).toEqual(board);
  });

  it('sets controls apart and compares everything with random', () => {
    const random = rowOf(board, 'random');
    expect(random.kind).toBe('control');
    expect(random.rank).toBeUndefined();
    expect(random.metrics.lds.low).toBeLessThan(0);
    expect(random.metrics.lds.high).toBeGreaterThan(0);
    const best = board.rows.find(({ rank }) => rank?.point === 1);
    const { value, toRandom, toBest } = rowOf(board, 'tracin').metrics.lds;
    expect(toRandom?.value).toBeCloseTo(value - random.metrics.lds.value, 5);
    expect(toBest?.value).toBeCloseTo(value - (best?.metrics.lds.value ?? 0), 5);
    expect(best?.metrics.lds.toBest).toBeUndefined();
  });

  it('ranks each task by the primary metric or, without it, by the first metric there is', () => {
    expect(board.tasks.map(({ rankedBy }) => rankedBy)).toEqual(['lds', 'lds', 'mislabel-auc']);
    const { value, low, high } = rowOf(board, 'influence', 'digits-mlp-noisy').metrics['mislabel-auc'];
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
    expect(high).toBeLessThanOrEqual(1);
    const perfect = rowOf(board, 'complexity-gap', 'digits-mlp-noisy').metrics['mislabel-auc'];
    expect([perfect.value, perfect.high]).toEqual([1, 1]);
    expect(perfect.low).toBeGreaterThan(0.7);
    expect(perfect.low).toBeLessThan(0.95);
  });

  it('lists what failed, was skipped or is missing, unranked and with the reason', () => {
    const unranked = board.rows.filter(({ kind, rank }) => kind === 'method' && rank === undefined);
    expect(unranked.map(({ task, entry, status, reason }) => [task, entry, status, reason])).toEqual([
      ['digits-mlp', 'arnoldi', 'failed', 'scores hold NaN at query 3, training point 17'],
      ['digits-mlp', 'd-trak', 'skipped', 'needs a generator'],
      ['digits-mlp', 'gmvaluator', 'incomplete', 'seed 0: stopped by --max-time'],
      ['digits-ddpm', 'complexity-gap', 'skipped', 'needs a classifier'],
      ['digits-ddpm', 'influence', 'skipped', 'the Hessian of 38,307,203 parameters does not fit in memory'],
    ]);
  });

  it('calls a method with a missing seed incomplete', () => {
    const cells = input.cells.filter(
      (cell) => cell.method !== 'tracin' || cell.task !== 'digits-mlp' || cell.seed === 0,
    );
    expect(rowOf(makeBoard({ ...input, cells }), 'tracin')).toMatchObject({
      status: 'incomplete',
      reason: 'no result for seed 1',
      metrics: {},
    });
  });

  it('describes tasks of one data set side by side, by name and without a mean', () => {
    const [overall, ...others] = board.overall;
    expect(others).toEqual([]);
    expect(overall.tasks).toEqual(['digits-mlp', 'digits-ddpm']);
    expect(overall.datasets).toEqual(['simulated', 'simulated']);
    const titles = overall.rows.map(({ title }) => title);
    expect(titles).toEqual(titles.toSorted());
    expect(titles).toHaveLength(7);
    for (const { entry, shares, mean } of overall.rows) {
      const values = overall.tasks.map((task) =>
        board.rows.find((row) => row.task === task && row.entry === entry && row.rank !== undefined),
      );
      expect(shares).toEqual(values.map((row) => row?.metrics.lds.ofCeiling?.value ?? null));
      expect(mean).toBeUndefined();
    }
  });

  it('ranks by the smallest value where smaller is better', () => {
    const metricsOf = input.metrics.map((metric) => ({ ...metric, higherIsBetter: false }));
    const flipped = makeBoard({ ...input, metrics: metricsOf });
    const ranked = flipped.rows.filter(({ task, rank }) => task === 'digits-mlp' && rank !== undefined);
    expect(ranked[0].entry).toBe('fld');
    expect(rowOf(flipped, 'trak').params?.projDim).toBe(512);
  });
});

it('counts undefined queries and shows them', () => {
  const input = simulatedGrid({ seed: 1, methods: [{ id: 'flat', noise: 1 }], resamples: 20 });
  const { info, truth, report } = input.tasks[0];
  if (truth === undefined) throw new Error('the simulated task has a truth');
  const scores = new Float32Array(info.queries * info.train);
  scores.fill(1, 0, 3);
  const ctx = { task: info, scores, scoreShape: 'pairwise', truth } as const;
  const result = metrics.lds.evaluate(ctx, { statistic: 'spearman' }, report);
  const cells = input.cells.map((cell) => ({ ...cell, metrics: { lds: { report: result } } }));
  const value = rowOf(makeBoard({ ...input, cells }), 'flat').metrics.lds;
  expect(value.undefinedQueries).toBe(info.queries - 1);
  expect(value.perQuery?.slice(1).every((one) => one === 0)).toBe(true);
});

it('names the cell whose result does not fit the split', () => {
  const input = simulatedGrid({ seed: 1, methods: [{ id: 'a', noise: 1 }], resamples: 20 });
  const report = { ...input.tasks[0].report, queries: Int32Array.of(0, 1) };
  expect(() => makeBoard({ ...input, tasks: [{ ...input.tasks[0], report }] })).toThrow(
    expect.objectContaining({ code: 'BOARD_RESULT_SHAPE', place: 'simulated/a' }),
  );
});

it('agrees with the Pearson correlation when that is the statistic', () => {
  const board = makeBoard(
    simulatedGrid({
      seed: 2,
      methods: [{ id: 'perfect', noise: 0 }],
      statistic: 'pearson',
      resamples: 60,
      queries: 60,
    }),
  );
  const { value, low, high, ofCeiling } = rowOf(board, 'perfect').metrics.lds;
  expect(low).toBeLessThan(value);
  expect(high).toBeGreaterThan(value);
  expect(ofCeiling?.value).toBeGreaterThan(0.95);
  expect(ofCeiling?.value).toBeLessThan(1.05);
});

it('shows what a method noted about its scores, each sentence once', () => {
  const input = exampleGrid();
  const board = makeBoard({
    ...input,
    cells: input.cells.map((cell) => (cell.method === 'tracin' ? { ...cell, notes: ['smoothness <0.9>'] } : cell)),
    report: { ...input.report, resamples: 10 },
  });
  expect(rowOf(board, 'tracin', 'digits-mlp').notes).toEqual(['smoothness <0.9>']);
  expect(renderTerminal(board, undefined, { width: 300, color: false })).toContain('TracIn: smoothness <0.9>.');
  expect(renderMarkdown(board)).toContain('TracIn: smoothness &lt;0.9&gt;.');
});

it('marks a method as adapted where its cells are, with the reason, and nowhere else', () => {
  const input = exampleGrid();
  const adaptation = 'the paper has plain SGD';
  const board = makeBoard({
    ...input,
    cells: input.cells.map((cell) =>
      cell.method === 'tracin' && cell.task === 'digits-ddpm' ? { ...cell, adaptation } : cell,
    ),
    report: { ...input.report, resamples: 10 },
  });
  expect(rowOf(board, 'tracin', 'digits-ddpm')).toMatchObject({ origin: 'adapted', adaptation });
  expect(rowOf(board, 'tracin', 'digits-mlp').origin).toBe('published');
  const text = renderTerminal(board, undefined, { width: 300, color: false });
  expect(text).toContain(`† adapted: not the setting its paper has (TracIn: ${adaptation})`);
  expect(text.match(/TracIn †/g)).toHaveLength(1);
});
