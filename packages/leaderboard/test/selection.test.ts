import { describe, expect, it } from 'vitest';
import type { BoardInput } from '../src/board-input.js';
import { type BoardRow, checkBaseline, makeBaseline, makeBoard, renderMarkdown, renderTerminal } from '../src/index.js';
import { simulatedGrid } from './simulated-grid.js';

const size = {
  tuneSubsets: 16,
  tuneQueries: 12,
  subsets: 48,
  queries: 36,
  commonShare: 0.6,
  resamples: 60,
  retrainSeeds: 1,
  retrainNoise: 0.25,
};

const rowOf = (input: BoardInput): BoardRow => {
  const row = makeBoard(input).rows.find(({ entry }) => entry === 'm');
  if (row === undefined) throw new Error('no row of m');
  return row;
};

/** Twelve settings of one method that are equally good, the deviation between whose seeds is about 0.06. */
const settings = Array.from({ length: 12 }, (_, setting) => ({
  id: 'm',
  params: { setting },
  noise: 0.8,
  sharedSeedNoise: 0.75,
}));

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]) => {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
};

describe('the best of twelve equal settings', () => {
  it('gains nothing by being chosen on the seeds it is reported on, and its interval covers the value', () => {
    const rows = Array.from({ length: 120 }, (_, seed) =>
      rowOf(simulatedGrid({ ...size, methods: settings, seeds: [0, 1, 2], seed: 300 + seed })),
    );
    const truth = mean(rows.flatMap(({ sweep }) => sweep.map(({ report = Number.NaN }) => report)));
    const gains = rows.map(({ metrics, sweep }) => metrics.lds.value - mean(sweep.map(({ report = 0 }) => report)));
    const doubt = deviation(gains) / Math.sqrt(gains.length);
    expect(Math.abs(mean(gains))).toBeLessThan(2.5 * doubt);
    // What the same settings gain where choice and report share their seeds.
    const shared = rows.map(({ sweep }) => {
      const values = sweep.map(({ report = 0 }) => report);
      return (sweep.find(({ chosen }) => chosen)?.report ?? 0) - mean(values);
    });
    expect(mean(shared)).toBeGreaterThan(2 * doubt);
    const covered = rows.filter(({ metrics: { lds } }) => lds.low <= truth && truth <= lds.high);
    expect(covered.length / rows.length).toBeGreaterThanOrEqual(0.93);
    expect(covered.length / rows.length).toBeLessThanOrEqual(0.97);
  }, 120_000);
});

describe('what settings decide', () => {
  it('is shown by lowest, median and highest value on the report split, and by that of the defaults', () => {
    const input = simulatedGrid({ ...size, methods: settings.slice(0, 4), seeds: [0, 1], seed: 9 });
    const board = makeBoard({ ...input, defaults: { m: { setting: 2 } }, selection: { budget: 4 } });
    const { sweep, metrics } = board.rows.find(({ entry }) => entry === 'm') as BoardRow;
    expect(sweep.map(({ defaults }) => defaults)).toEqual([undefined, undefined, true, undefined]);
    const values = sweep.map(({ report = Number.NaN }) => report);
    const sorted = values.toSorted((a, b) => a - b);
    const numbers = [values[2], sorted[0], (sorted[1] + sorted[2]) / 2, sorted[3], metrics.lds.value];
    const markdown = renderMarkdown(board);
    expect(markdown).toContain(`| 4 | ${numbers.map((value) => value.toFixed(3)).join(' | ')} | setting=`);
    expect(markdown).toContain('a method has 4 settings, or all that it can have, its defaults and others drawn');
    expect(renderMarkdown(makeBoard(input))).toContain('| 4 | – |');
  });
});

describe('the setting that is reported for a seed', () => {
  /** Tune and report value of each setting by seed. */
  const withTune = (tune: readonly (readonly number[])[]): BoardInput => {
    const seeds = [...tune[0].keys()];
    const input = simulatedGrid({ ...size, seed: 4, methods: settings.slice(0, tune.length), seeds });
    const cells = input.cells.map((cell) => {
      const { report, tune: chosenBy } = cell.metrics.lds;
      const value = tune[Number(cell.params.setting)][cell.seed];
      return { ...cell, metrics: { lds: { report, ...(chosenBy && { tune: { ...chosenBy, value } }) } } };
    });
    return { ...input, cells };
  };
  const reportOf = (input: BoardInput, setting: number, seed: number) =>
    input.cells.find((cell) => cell.params.setting === setting && cell.seed === seed)?.metrics.lds.report.value;

  it('is the one that is best by the other seeds, and every format says so', () => {
    // By all seeds 1 is best, by seeds 1 and 2 it is 0.
    const input = withTune([
      [0, 0.5, 0.5],
      [0.9, 0.4, 0.4],
    ]);
    const board = makeBoard(input);
    const [row] = board.rows.filter(({ entry }) => entry === 'm');
    expect(row.params).toEqual({ setting: 1 });
    expect(row.paramsBySeed).toEqual([{ setting: 0 }, { setting: 1 }, { setting: 1 }]);
    expect(row.sweep.map(({ chosen }) => chosen)).toEqual([false, true]);
    const reported = [0, 1, 1].map((setting, seed) => reportOf(input, setting, seed) ?? Number.NaN);
    expect(row.metrics.lds.perSeed).toEqual(reported.map((value) => Number(value.toFixed(6))));
    expect(row.metrics.lds.value).toBeCloseTo(mean(reported), 5);
    const terminal = renderTerminal(board, undefined, { width: 400, color: false });
    expect(terminal).toContain('that are not reported, for each method seed by the other ones');
    expect(terminal).toContain('m setting=0 for seed 0, setting=1 for seeds 1, 2 (of 2)');
    expect(renderMarkdown(board)).toContain('setting=0 for seed 0, setting=1 for seeds 1, 2');
  });

  it('is kept in the baseline, and the gate says for which seeds it is another one', () => {
    const second = [0.9, 0.4, 0.4];
    const [then, now] = [withTune([[0, 0.5, 0.5], second]), withTune([[0, 0.3, 0.3], second])];
    const baseline = makeBaseline(then, { reason: 'first', at: '2026-01-01' });
    expect(baseline.rows[0].paramsBySeed).toEqual([{ setting: 0 }, { setting: 1 }, { setting: 1 }]);
    const rowsOf = (input: BoardInput) => checkBaseline(input, makeBoard(input), baseline).rows;
    expect(rowsOf(then)[0]).toMatchObject({ before: rowOf(then).metrics.lds.value, change: { value: 0 } });
    expect(rowsOf(then)[0].reason).toBeUndefined();
    expect(rowsOf(now)[0].reason).toBe('other parameters were chosen: for seed 0');
    expect(rowsOf(now)[0].paramsBefore).toBeUndefined();
  });

  it('is the same for every seed where all choose it, and then stands alone', () => {
    const row = rowOf(
      withTune([
        [0.5, 0.5, 0.5],
        [0.4, 0.3, 0.6],
      ]),
    );
    expect(row.params).toEqual({ setting: 0 });
    expect(row.paramsBySeed).toBeUndefined();
  });

  it('shares the method seed with the choice where there is one only, and the board says so', () => {
    const input = withTune([[0.4], [0.5]]);
    expect(rowOf(input).params).toEqual({ setting: 1 });
    expect(renderTerminal(makeBoard(input), undefined, { width: 400, color: false })).toContain(
      'with the method seed that is reported, which favours settings that it happens to suit: m setting=1 (of 2).',
    );
  });
});
