import type { MetricResult } from '@attribution-bench/contract';
import { mean, pearson, rocAuc } from '@attribution-bench/numerics';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BoardInput, CellResult } from '../src/board-input.js';
import {
  type Baseline,
  type Check,
  checkBaseline,
  checkFiles,
  makeBaseline,
  makeBoard,
  readAcceptances,
  readableJson,
  readBaseline,
  renderCheckAnnotations,
  renderCheckTerminal,
  type Tolerances,
} from '../src/index.js';
import { exampleGrid } from './example-grid.js';
import { type SimulatedMethod, type Simulation, simulatedGrid } from './simulated-grid.js';

const acceptance = { reason: 'first numbers', at: '2026-01-01' };
const methods: readonly SimulatedMethod[] = [
  { id: 'trak', noise: 1, seedNoise: 0.6, sharedSeedNoise: 0.3 },
  { id: 'influence', noise: 0.8 },
  { id: 'grad-dot', noise: 2 },
  { id: 'random', noise: 0, seedNoise: 1e6 },
];
const simulation: Simulation = { seed: 21, methods, seeds: [0, 1, 2], subsets: 48, queries: 30, resamples: 200 };

/** Through the file and back, as CI does it. */
const baselineOf = (input: BoardInput): Baseline =>
  readBaseline(readableJson(makeBaseline(input, acceptance)), 'baseline.json');
const check = (input: BoardInput, baseline: Baseline, tolerances: Tolerances = {}): Check =>
  checkBaseline(input, makeBoard(input), baseline, { tolerances });
const rowOf = ({ rows }: Check, entry: string) => rows.find((row) => row.entry === entry);
const failing = ({ rows }: Check) =>
  rows
    .filter(({ verdict }) => !['ok', 'improved', 'new', 'unresolved'].includes(verdict))
    .map(({ entry, verdict }) => [entry, verdict]);
const withMethod = (id: string, change: Partial<SimulatedMethod>): BoardInput =>
  simulatedGrid({
    ...simulation,
    methods: methods.map((method) => (method.id === id ? { ...method, ...change } : method)),
  });

describe('the gate', () => {
  let input: BoardInput;
  let baseline: Baseline;
  beforeAll(() => {
    input = simulatedGrid(simulation);
    baseline = baselineOf(input);
  });

  it('finds no change at all in the same results', () => {
    const found = check(input, baseline);
    expect(found.passed).toBe(true);
    for (const row of found.rows) {
      expect(row.verdict).toBe('ok');
      expect(row.change).toEqual({ value: 0, low: 0, high: 0 });
      expect(row.warning).toBeUndefined();
    }
  });

  it('passes a method whose seeds drew other noise', () => {
    const found = check(simulatedGrid({ ...simulation, redraw: 1 }), baseline);
    expect(found.passed).toBe(true);
    expect(rowOf(found, 'trak')?.change?.value).not.toBe(0);
    const other = check(simulatedGrid({ ...simulation, seeds: [7, 8, 9] }), baseline);
    expect(other.passed).toBe(true);
  });

  it.each([
    ['a wrong sign', { wrongSign: true }],
    ['a fifth of the scores replaced by noise', { spoiled: 0.2 }],
    ['more noise of its own', { noise: 1.5 }],
  ])('fails on %s, and names the method alone', (_, defect) => {
    const found = check(withMethod('influence', defect), baseline);
    expect(found.passed).toBe(false);
    expect(failing(found)).toEqual([['influence', 'regressed']]);
    expect(rowOf(found, 'influence')?.change?.high).toBeLessThan(-0.02);
  });

  it('calls a better method improved, and passes', () => {
    const found = check(withMethod('grad-dot', { noise: 0.5 }), baseline);
    expect(found.passed).toBe(true);
    expect(rowOf(found, 'grad-dot')?.verdict).toBe('improved');
  });

  it('fails on a missing row, a failed cell and a metric that is gone', () => {
    const cells = input.cells.filter(({ method }) => method !== 'influence');
    const broken = cells.map((cell) =>
      cell.method === 'trak' && cell.seed === 2
        ? { ...cell, status: 'failed' as const, reason: 'scores hold NaN', metrics: {} }
        : cell.method === 'grad-dot'
          ? { ...cell, metrics: {} }
          : cell,
    );
    const found = check({ ...input, cells: broken }, baseline);
    expect(failing(found)).toEqual([
      ['trak', 'failed'],
      ['influence', 'missing'],
      ['grad-dot', 'missing'],
    ]);
    expect(rowOf(found, 'trak')?.reason).toBe('failed: seed 2: scores hold NaN');
  });

  it('does not compare across tasks, subsets or splits, and says what to do', () => {
    const [task] = input.tasks;
    const { truth } = task;
    if (truth === undefined) throw new Error('the simulated task has a truth');
    const found = check({ ...input, tasks: [{ ...task, key: 'another' }] }, baseline);
    expect(new Set(found.rows.map(({ verdict }) => verdict))).toEqual(new Set(['not-comparable']));
    expect(found.rows[0].reason).toMatch(/task is another one.*bench accept/);
    const drawn = { ...truth, members: [truth.members[1], truth.members[0], ...truth.members.slice(2)] };
    expect(check({ ...input, tasks: [{ ...task, truth: drawn }] }, baseline).rows[0].reason).toMatch(/other subsets/);
    const smaller = simulatedGrid({ ...simulation, tuneSubsets: 8, tuneQueries: 4 });
    expect(check(smaller, baseline).rows[0].reason).toMatch(/other subsets, queries/);
  });

  it('warns when bytes changed and the metric did not', () => {
    const cells = input.cells.map((cell) => (cell.method === 'influence' ? { ...cell, scoresDigest: 'other' } : cell));
    const found = check({ ...input, cells }, baseline);
    expect(found.passed).toBe(true);
    expect(found.rows.filter(({ warning }) => warning !== undefined).map(({ entry }) => entry)).toEqual(['influence']);
    expect(renderCheckAnnotations(found)).toMatch(
      /^::warning title=simulated\/influence lds%3A ok::[^\n]*in their bytes/,
    );
  });

  it('takes a method that the baseline lacks for new, unless it fails', () => {
    const more = simulatedGrid({ ...simulation, methods: [...methods, { id: 'fresh', noise: 1 }] });
    expect(rowOf(check(more, baseline), 'fresh')?.verdict).toBe('new');
    const cells = more.cells.map((cell) =>
      cell.method === 'fresh' ? { ...cell, status: 'failed' as const, reason: 'no', metrics: {} } : cell,
    );
    expect(failing(check({ ...more, cells }, baseline))).toEqual([['fresh', 'failed']]);
  });

  it('keeps every acceptance and refuses to accept a grid with holes', () => {
    const again = makeBaseline(input, { reason: 'new ridge', at: '2026-02-01', commit: 'abc' }, baseline.accepted);
    expect(again.accepted).toEqual([acceptance, { reason: 'new ridge', at: '2026-02-01', commit: 'abc' }]);
    const cells = input.cells.filter(({ method, seed }) => method !== 'trak' || seed === 0);
    expect(() => makeBaseline({ ...input, cells }, acceptance)).toThrow(
      expect.objectContaining({ code: 'BASELINE_NOT_COMPLETE', place: 'simulated/trak' }),
    );
  });

  it('reports the choice of other parameters', () => {
    const grid = exampleGrid();
    const before = baselineOf({
      ...grid,
      cells: grid.cells.filter(({ status }) => status !== 'failed' && status !== 'incomplete'),
    });
    const cells = grid.cells
      .filter(({ status }) => status !== 'failed' && status !== 'incomplete')
      .filter(({ method, task, params }) => method !== 'trak' || task !== 'digits-mlp' || params.projDim === 512);
    const found = check({ ...grid, cells }, before);
    const row = found.rows.find(({ task, entry }) => task === 'digits-mlp' && entry === 'trak');
    expect(row).toMatchObject({ verdict: 'regressed', paramsBefore: { projDim: 2048, checkpoints: 5 } });
    expect(row?.reason).toBe('other parameters were chosen: projDim=2048 then, projDim=512 now');
    const auc = found.rows.filter(({ metric }) => metric === 'mislabel-auc');
    expect(auc.map(({ verdict }) => verdict)).toEqual(['ok', 'ok', 'ok']);
  });
});

it('measures what was predicted then on the outcomes of now, where a metric has its own', () => {
  const outcomes = Float64Array.from({ length: 12 * 6 }, (_, i) => Math.sin(i * i));
  const predicted = (noise: number) => outcomes.map((value, i) => value + noise * Math.cos(3 * i));
  const column = (matrix: Float64Array, query: number) => matrix.filter((_, i) => i % 6 === query);
  const at = (noise: number, of = outcomes): BoardInput => {
    const input = simulatedGrid({ seed: 1, queries: 6, methods: [{ id: 'a', noise: 1 }], resamples: 50 });
    const predictions = predicted(noise).slice(0, of.length);
    const perQuery = Float64Array.from(
      { length: 6 },
      (_, query) => pearson(column(predictions, query), column(of, query)) ?? 0,
    );
    const report = { kind: 'correlation', value: mean(perQuery), perQuery, predictions, outcomes: of } as const;
    const metric = { id: 'loo', title: 'Leave-one-out', higherIsBetter: true, params: { statistic: 'pearson' } };
    return {
      ...input,
      metrics: [metric],
      cells: input.cells.map((cell) => ({ ...cell, metrics: { loo: { report } } })),
    };
  };
  expect(makeBoard(at(0.2)).rows.map(({ kind }) => kind)).toEqual(['method']);
  const before = baselineOf(at(0.2));
  expect(check(at(0.2), before).rows).toMatchObject([{ metric: 'loo', verdict: 'ok', change: { value: 0 } }]);
  expect(check(at(1), before).rows).toMatchObject([{ metric: 'loo', verdict: 'regressed' }]);
  const retrained = outcomes.map((value, i) => value + 0.3 * Math.sin(5 * i + 1));
  const [row] = check(at(0.2, retrained), before).rows;
  expect(row).toMatchObject({ verdict: 'ok', before: row.after, change: { value: 0, low: 0, high: 0 } });
  expect(row.after).not.toBeCloseTo(at(0.2).cells[0].metrics.loo.report.value, 3);
  const fewer = outcomes.slice(6);
  expect(check(at(0.2, fewer), before).rows).toMatchObject([{ metric: 'loo', verdict: 'not-comparable' }]);
});

describe('on another processor', () => {
  const steady: Simulation = { ...simulation, methods: [{ id: 'pixels', noise: 0.8 }] };
  const elsewhere = simulatedGrid({ ...steady, machine: 1 });

  it('sets what was predicted then against the truth of now, so that equal predictions have not changed', () => {
    const before = baselineOf(simulatedGrid(steady));
    const found = check(elsewhere, before);
    const [{ value: accepted }] = before.rows[0].metrics.lds;
    expect(found.rows[0]).toMatchObject({ verdict: 'ok', change: { value: 0, low: 0, high: 0 } });
    expect(found.rows[0].before).toBe(found.rows[0].after);
    expect(Math.abs((found.rows[0].after ?? 0) - accepted)).toBeGreaterThan(0.005);
  });

  it('says that models and truth are others, wherever the verdict is shown', () => {
    const found = check(elsewhere, baselineOf(simulatedGrid(steady)));
    const files = checkFiles(found);
    const said = /the models and what retrained models put out came out as other numbers/;
    for (const text of [files['check.md'], files['check.xml'], renderCheckAnnotations(found)])
      expect(text).toMatch(said);
    const terminal = renderCheckTerminal(found, { width: 200, color: false });
    expect(terminal).toMatch(said);
    expect(check(simulatedGrid(steady), baselineOf(simulatedGrid(steady))).tasks[0].remade).toBeUndefined();
  });

  it('calls no method with a single seed worse whose models are others', () => {
    const single = { ...steady, seeds: [0] };
    const worse = { ...single, machine: 1, methods: [{ id: 'pixels', noise: 2 }] };
    const [row] = check(simulatedGrid(worse), baselineOf(simulatedGrid(single))).rows;
    expect(row).toMatchObject({ verdict: 'unresolved', reason: expect.stringMatching(/a single seed .* two or more/) });
    const here = simulatedGrid({ ...worse, machine: 0 });
    expect(check(here, baselineOf(simulatedGrid(single))).rows[0].verdict).toBe('regressed');
  });
});

/** The input with another metric in the place of the LDS: one result for all cells. */
function measuredBy(id: string, report: MetricResult, input: BoardInput): BoardInput {
  return {
    ...input,
    report: { ...input.report, primary: id },
    metrics: [{ id, title: id, higherIsBetter: true, params: {} }],
    cells: input.cells.map((cell) => ({ ...cell, metrics: { [id]: { report } } })),
  };
}

describe('tolerances', () => {
  const one = simulatedGrid({ ...simulation, methods: [{ id: 'a', noise: 1 }], seeds: [0], train: 400 });
  const detected = (strength: number): BoardInput => {
    const positive = Uint8Array.from({ length: 400 }, (_, i) => (i % 10 === 0 ? 1 : 0));
    const scores = Float64Array.from(positive, (flag, i) => flag * strength + Math.sin(i * 7 + 1));
    return measuredBy(
      'mislabel-auc',
      { kind: 'detection', value: rocAuc(scores, positive) ?? 0, detection: { scores, positive } },
      one,
    );
  };
  const curve = (value: number): BoardInput => {
    const perQuery = Float64Array.from({ length: 30 }, (_, query) => value * (1 + 0.1 * Math.sin(query)));
    const report = {
      kind: 'mean' as const,
      value: mean(perQuery),
      perQuery,
      repeats: { retrainings: Float64Array.from([...perQuery, ...perQuery]) },
    };
    return measuredBy('removal-curve', report, one);
  };

  it('are log-odds for areas under a ROC curve: 0.3 by default', () => {
    const before = baselineOf(detected(1.8));
    expect(check(detected(1.8), before).rows[0]).toMatchObject({ verdict: 'ok', scale: 'log-odds', tolerance: 0.3 });
    const [row] = check(detected(1.4), before).rows;
    const logit = (area = 0) => Math.log(area / (1 - area));
    expect(row.change?.value).toBeCloseTo(logit(row.after) - logit(row.before), 2);
    expect(row.before).toBeGreaterThan(0.95);
    expect(row).toMatchObject({ verdict: 'regressed' });
    expect(check(detected(1.4), before, { 'mislabel-auc': 3 }).rows[0].verdict).toBe('ok');
  });

  it('are shares of the largest value of the baseline for metrics without bounds', () => {
    const before = baselineOf(curve(1.6));
    expect(check(curve(1.58), before).rows[0]).toMatchObject({ verdict: 'ok', scale: 'value' });
    expect(check(curve(1.58), before).rows[0].tolerance).toBeCloseTo(0.02 * 1.6, 2);
    expect(check(curve(1.5), before).rows[0].verdict).toBe('regressed');
    expect(check(curve(1.5), before, { 'removal-curve': 0.1 }).rows[0].verdict).toBe('ok');
  });
});

it('refuses a comparison with numbers that are none', () => {
  const input = simulatedGrid(simulation);
  const cells = input.cells.map((cell) => ({
    ...cell,
    metrics: { lds: { report: { ...cell.metrics.lds.report, value: Number.NaN } } },
  }));
  expect(() => check({ ...input, cells }, baselineOf(input))).toThrow(
    expect.objectContaining({ code: 'BOARD_NOT_FINITE', place: expect.stringMatching(/simulated\/trak/) }),
  );
});

describe('reading a baseline', () => {
  it('keeps the acceptances of every version', () => {
    const old = JSON.stringify({ schema: 'bench/baseline@1', accepted: [acceptance] });
    expect(readAcceptances(old, 'x.json')).toEqual([acceptance]);
    expect(() => readAcceptances('{"schema":"bench/grid@1","accepted":[]}', 'x.json')).toThrow(/not a baseline/);
  });

  it.each([
    ['{', 'BASELINE_INVALID', /not JSON/],
    ['[]', 'BASELINE_INVALID', /no schema/],
    ['{"schema":"bench/baseline@0"}', 'BASELINE_SCHEMA', /this version reads bench\/baseline@2/],
    ['{"schema":"bench/baseline@2","grid":"x","accepted":[],"tasks":[],"rows":[{}]}', 'BASELINE_INVALID', /rows\[0\]/],
    [
      '{"schema":"bench/baseline@2","grid":"x","accepted":[],"tasks":[{"id":1}],"rows":[]}',
      'BASELINE_INVALID',
      /tasks\[0\]/,
    ],
    ['{"schema":"bench/baseline@2","grid":"x"}', 'BASELINE_INVALID', /lacks/],
  ])('refuses %s', (text, code, message) => {
    expect(() => readBaseline(text, 'results/baselines/x.json')).toThrow(
      expect.objectContaining({ code, place: 'results/baselines/x.json', message: expect.stringMatching(message) }),
    );
  });
});

describe('what the gate writes', () => {
  let found: Check;
  beforeAll(() => {
    const input = simulatedGrid(simulation);
    const spoiled = withMethod('influence', { wrongSign: true });
    const reseeded = simulatedGrid({ ...simulation, redraw: 1 }).cells;
    const sameCell = (a: CellResult, b: CellResult) => a.method === b.method && a.seed === b.seed;
    const cells = spoiled.cells
      .filter(({ method }) => method !== 'grad-dot')
      .map((cell) => (cell.method === 'random' ? { ...cell, scoresDigest: 'other' } : cell))
      .map((cell) => (cell.method === 'trak' ? (reseeded.find((other) => sameCell(cell, other)) ?? cell) : cell));
    found = check({ ...spoiled, cells }, baselineOf(input));
  });

  it('is a table, a comment, test cases and annotations', async () => {
    const files = checkFiles(found);
    expect(JSON.parse(files['check.json'])).toEqual(JSON.parse(JSON.stringify(found)));
    await expect(renderCheckTerminal(found, { width: 100, color: false })).toMatchFileSnapshot('golden/check.txt');
    await expect(files['check.md']).toMatchFileSnapshot('golden/check.md');
    await expect(files['check.xml']).toMatchFileSnapshot('golden/check.xml');
    await expect(renderCheckAnnotations(found)).toMatchFileSnapshot('golden/check-annotations.txt');
  });

  it('shows hostile names as text', () => {
    const hostile = '<b>"x"</b>]]>|`@me`\n::error::%0A,\u0000';
    const rows = found.rows.map((row) => ({ ...row, entry: hostile, task: hostile, reason: hostile }));
    const made = { ...found, rows, grid: hostile };
    const { 'check.xml': xml, 'check.md': markdown } = checkFiles(made);
    expect(xml).not.toMatch(/<b>|\p{Cc}(?<!\n)/u);
    expect(xml.match(/<testcase/g)).toHaveLength(rows.length);
    expect(markdown).not.toMatch(/<b>|@me|\n::error/);
    expect(renderCheckAnnotations(made).trimEnd().split('\n')).toHaveLength(
      rows.filter((row) => row.verdict !== 'ok' || row.warning).length +
        found.tasks.filter(({ remade }) => remade).length,
    );
    expect(renderCheckTerminal(made, { width: 100, color: false })).not.toMatch(/\n::error|\p{Cc}(?<!\n)/u);
  });
});
