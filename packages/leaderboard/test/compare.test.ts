import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { independentChange, pairedChange, queryDraws, type SeededValue } from '../src/compare/value-change.js';
import {
  type Board,
  type BoardComparison,
  compareBoards,
  makeBoard,
  readBoard,
  renderComparisonPage,
  renderComparisonTerminal,
} from '../src/index.js';
import { exampleGrid } from './example-grid.js';
import { type SimulatedMethod, type Simulation, simulatedGrid } from './simulated-grid.js';

const boards = join(import.meta.dirname, '../../../results/boards');
const comparedValue = (comparison: BoardComparison, task: string, entry: string, metric = 'lds') =>
  comparison.tasks
    .find(({ id }) => id === task)
    ?.values.find((value) => value.entry === entry && value.metric === metric);

const compare = (a: Board, b: Board) => compareBoards({ name: 'before', board: a }, { name: 'after', board: b });

describe('the change of a value', () => {
  const seeded = (value: number, arm: number, more: Partial<SeededValue['value']> = {}): SeededValue => ({
    value: { value, low: value - arm, high: value + arm, perSeed: [value], ...more },
    seeds: [0],
  });

  it('of independent boards has the interval of a difference of normal values', () => {
    const { change, chance } = independentChange(seeded(0.5, 0.03), seeded(0.6, 0.04), 0.95);
    expect([change.value, change.low, change.high]).toEqual([0.1, 0.05, 0.15].map((at) => expect.closeTo(at, 12)));
    // 0.1 is twice the arm of the interval: 3.92 standard errors, beyond which the normal distribution has 8.86e-5.
    expect(chance).toBeCloseTo(8.857e-5, 7);
  });

  it('is known the less surely the more of the noise is that of few seeds', () => {
    const noisy = seeded(0.6, 0.04, { perSeed: [0.58, 0.62] });
    const { chance } = independentChange(seeded(0.5, 0.03), noisy, 0.95);
    expect(chance).toBeGreaterThan(3 * independentChange(seeded(0.5, 0.03), seeded(0.6, 0.04), 0.95).chance);
  });

  // The board itself has the interval of each method's difference to the best one, from draws of subsets and queries that a comparison
  // of boards does not have.
  it('on one truth has intervals like those that the stored board of digits computes from all that it knows', () => {
    const { tasks, rows, statistics } = readBoard(readFileSync(join(boards, 'digits/board.json'), 'utf8'), 'digits');
    const ratios = tasks.flatMap(({ id, rankedBy = '' }) => {
      const own = rows.filter(
        ({ task, kind, metrics }) => task === id && kind === 'method' && metrics[rankedBy]?.perQuery,
      );
      const best = own.find(({ metrics }) => metrics[rankedBy].toBest === undefined);
      return own.flatMap((row) => {
        const value = row.metrics[rankedBy];
        if (best === undefined || value.toBest === undefined) return [];
        const draws = queryDraws(value.perQuery?.length ?? 0, statistics.resamples);
        const first = { value: best.metrics[rankedBy], seeds: best.seeds };
        const { change } = pairedChange(first, { value, seeds: row.seeds }, statistics.ci, draws);
        expect(change.value).toBeCloseTo(value.toBest.value, 5);
        return [(change.high - change.low) / (value.toBest.high - value.toBest.low)];
      });
    });
    expect(ratios.length).toBeGreaterThan(20);
    expect(Math.min(...ratios)).toBeGreaterThan(0.9);
    expect(Math.max(...ratios)).toBeLessThan(1.4);
  });
});

describe('verdicts', () => {
  const methods: SimulatedMethod[] = Array.from({ length: 4 }, (_, i) => ({
    id: `method ${i}`,
    noise: 0.4 + 0.4 * i,
    ...[{ seedNoise: 0.1 }, { seedNoise: 1 }, { sharedSeedNoise: 0.5 }][i % 3],
  }));
  const size = { subsets: 36, queries: 24, train: 30, seeds: [0, 1, 2], resamples: 40 };
  const board = (simulation: Partial<Simulation> & { seed: number }) =>
    makeBoard(simulatedGrid({ ...size, methods, ...simulation }));
  const moved = (comparison: BoardComparison, entry?: string) =>
    comparison.tasks.some(({ values }) =>
      values.some((value) => value.verdict === 'worse' || (entry === undefined && value.verdict === 'better')),
    );

  it('call noise what is drawn anew: on the same truth with other random numbers, and on another truth', () => {
    let [alarms, spoiled] = [0, 0];
    const count = 4;
    for (let seed = 0; seed < count; seed++) {
      const before = board({ seed });
      const again = compare(before, board({ seed, redraw: 1 }));
      expect(again.tasks[0].pairing).toBe('paired');
      if (moved(again)) alarms++;
      const other = compare(before, { ...board({ seed: seed + 1000 }), gridSeed: before.gridSeed });
      expect(other.tasks[0].pairing).toBe('independent');
      if (moved(other)) alarms++;
      const worse = methods.map((method, i) => (i === 0 ? { ...method, noise: 1.6 } : method));
      if (moved(compare(before, board({ seed, redraw: 1, methods: worse })), 'method 0')) spoiled++;
    }
    expect(alarms).toBeLessThanOrEqual(Math.ceil(0.05 * 2 * count));
    expect(spoiled / count).toBeGreaterThan(0.9);
  });
});

describe('two boards', () => {
  let board: Board;
  beforeAll(async () => {
    board = makeBoard(await exampleGrid());
  });
  const changed = (edit: (row: Board['rows'][number]) => Board['rows'][number]) => ({
    ...board,
    rows: board.rows.map(edit),
  });

  it('that are one have the same values and no differences', () => {
    const comparison = compare(board, board);
    const values = comparison.tasks.flatMap((task) => task.values);
    expect(values.length).toBeGreaterThan(15);
    expect(values.every(({ verdict, settings }) => verdict === 'same' && settings.length === 0)).toBe(true);
    expect([comparison.settings, comparison.onlyIn]).toEqual([[], { a: [], b: [] }]);
  });

  it('say what differs: seed and level of the boards, truth and sizes of tasks, parameters and revisions of rows', () => {
    const other: Board = {
      ...changed((row) =>
        row.entry === 'influence' && row.params ? { ...row, params: { ...row.params, damping: 0.1 } } : row,
      ),
      gridSeed: 8,
      methods: board.methods.map((method) => (method.id === 'influence' ? { ...method, revision: 2 } : method)),
      tasks: board.tasks.map((task) =>
        task.truth === undefined ? task : { ...task, truth: { ...task.truth, key: `other ${task.id}`, fraction: 0.3 } },
      ),
    };
    const comparison = compare(board, other);
    expect(comparison.settings).toEqual([{ name: 'grid seed', a: '7', b: '8' }]);
    const task = comparison.tasks.find(({ id }) => id === 'digits-mlp');
    expect(task?.pairing).toBe('independent');
    expect(task?.settings.map(({ name }) => name)).toEqual(['truth', 'counterfactual']);
    expect(comparedValue(comparison, 'digits-mlp', 'influence')?.settings).toEqual([
      { name: 'revision', a: '1', b: '2' },
      { name: 'damping', b: '0.1' },
    ]);
    const strict = { ...board, statistics: { ...board.statistics, ci: 0.99 } };
    expect(comparedValue(compare(board, strict), 'digits-mlp', 'trak')).toMatchObject({
      verdict: 'incomparable',
      reason: 'the boards have intervals of different levels',
    });
  });

  it('name what only one of them has, and pair tasks of one truth that have other names', () => {
    const other: Board = {
      ...changed((row) => ({ ...row, task: row.task === 'digits-mlp' ? 'renamed' : row.task })),
      tasks: board.tasks.flatMap((task) =>
        task.id === 'digits-ddpm' ? [] : [task.id === 'digits-mlp' ? { ...task, id: 'renamed' } : task],
      ),
    };
    const rows = other.rows.filter(({ entry, task }) => entry !== 'tracin' && task !== 'digits-ddpm');
    const comparison = compare(board, { ...other, rows });
    expect(comparison.onlyIn).toEqual({ a: ['digits-ddpm'], b: [] });
    const task = comparison.tasks.find(({ otherId }) => otherId === 'renamed');
    expect([task?.id, task?.pairing]).toEqual(['digits-mlp', 'paired']);
    expect(task?.onlyIn.a).toEqual([{ entry: 'tracin', title: 'TracIn', elsewhere: 'no such row' }]);
  });

  it('are shown with every value, and hostile names as text', () => {
    const name = '<script>alert(1)</script>\u001b[31m';
    const comparison = compare(
      board,
      changed((row) => ({
        ...row,
        title: name,
        metrics: Object.fromEntries(
          Object.entries(row.metrics).map(([id, value]) => [
            id,
            { ...value, value: value.value - 0.01, low: value.low - 0.01, high: value.high - 0.01 },
          ]),
        ),
      })),
    );
    const text = renderComparisonTerminal(comparison, { width: 100, color: false });
    const page = renderComparisonPage(comparison);
    expect(text).not.toContain('\u001b');
    expect(page.replace(/<script>[\s\S]*?<\/script>\n<\/body>/, '')).not.toContain('<script>alert');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    expect((page.match(/<tr class="(?:method|control|ceiling) \w+">/g) ?? []).length).toBe(
      comparison.tasks.reduce((sum, { values }) => sum + values.length, 0),
    );
  });
});

it.each([
  ['{', 'is not JSON'],
  ['[]', 'is not a board'],
  ['{"schema":"bench/board@1"}', 'is not a board of this version'],
  ['{"schema":"bench/board@2","metrics":[],"methods":[],"tasks":[{}],"rows":[]}', 'has a broken entry, tasks[0]'],
  ['{"schema":"bench/board@2","metrics":[],"methods":[],"tasks":[],"rows":[],"overall":[]}', 'lacks its grid'],
])('a file with %s is refused as a board', (text, message) => {
  expect(() => readBoard(text, 'board.json')).toThrow(expect.objectContaining({ code: 'BOARD_INVALID' }));
  expect(() => readBoard(text, 'board.json')).toThrow(message);
});
