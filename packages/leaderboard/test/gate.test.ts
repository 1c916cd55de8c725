import type { BoardInput } from '@attribution-bench/contract';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Baseline,
  type Check,
  checkBaseline,
  checkFiles,
  makeBaseline,
  makeBoard,
  readableJson,
  readBaseline,
  renderCheckAnnotations,
  renderCheckTerminal,
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
const check = (input: BoardInput, baseline: Baseline, tolerance = 0.02): Check =>
  checkBaseline(input, makeBoard(input), baseline, { tolerance });
const rowOf = ({ rows }: Check, entry: string) => rows.find((row) => row.entry === entry);
const failing = ({ rows }: Check) =>
  rows
    .filter(({ verdict }) => !['ok', 'improved', 'new'].includes(verdict))
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

  it('does not compare across truths or splits, and says what to do', () => {
    const truth = input.tasks[0].truth;
    if (truth === undefined) throw new Error('the simulated task has a truth');
    const task = { ...input.tasks[0], truth: { ...truth, key: 'another' } };
    const found = check({ ...input, tasks: [task] }, baseline);
    expect(new Set(found.rows.map(({ verdict }) => verdict))).toEqual(new Set(['not-comparable']));
    expect(found.rows[0].reason).toMatch(/truth-simula then, another now.*bench accept/);
    const smaller = simulatedGrid({ ...simulation, tuneSubsets: 8, tuneQueries: 4 });
    expect(check(smaller, baseline).rows[0].reason).toMatch(/other subsets, queries/);
  });

  it('warns when bytes changed and the metric did not', () => {
    const cells = input.cells.map((cell) => (cell.method === 'influence' ? { ...cell, scoresDigest: 'other' } : cell));
    const found = check({ ...input, cells }, baseline);
    expect(found.passed).toBe(true);
    expect(found.rows.filter(({ warning }) => warning !== undefined).map(({ entry }) => entry)).toEqual(['influence']);
    expect(renderCheckAnnotations(found)).toMatch(/^::warning title=simulated\/influence lds%3A ok::[^\n]*other bytes/);
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
    const again = makeBaseline(input, { reason: 'new ridge', at: '2026-02-01', commit: 'abc' }, baseline);
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

it('compares a metric with outcomes of its own only when they are the same', () => {
  const outcomes = Float64Array.from({ length: 12 * 6 }, (_, i) => Math.sin(i * i));
  const at = (noise: number, of = outcomes): BoardInput => {
    const input = simulatedGrid({ seed: 1, queries: 6, methods: [{ id: 'a', noise: 1 }], resamples: 50 });
    const predictions = of.map((value, i) => value + noise * Math.cos(3 * i));
    const report = {
      value: 1 - noise / 2,
      perQuery: new Float64Array(6).fill(1 - noise / 2),
      predictions,
      outcomes: of,
    };
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
  const retrained = outcomes.map((value) => value + 1);
  expect(check(at(0.2, retrained), before).rows).toMatchObject([{ metric: 'loo', verdict: 'not-comparable' }]);
});

describe('reading a baseline', () => {
  it.each([
    ['{', 'BASELINE_INVALID', /not JSON/],
    ['[]', 'BASELINE_INVALID', /no schema/],
    ['{"schema":"bench/baseline@0"}', 'BASELINE_SCHEMA', /this version reads bench\/baseline@1/],
    ['{"schema":"bench/baseline@1","grid":"x","accepted":[],"tasks":[],"rows":[{}]}', 'BASELINE_INVALID', /rows\[0\]/],
    ['{"schema":"bench/baseline@1","grid":"x"}', 'BASELINE_INVALID', /lacks/],
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
    const cells = spoiled.cells
      .filter(({ method }) => method !== 'grad-dot')
      .map((cell) => (cell.method === 'random' ? { ...cell, scoresDigest: 'other' } : cell));
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
      rows.filter((row) => row.verdict !== 'ok' || row.warning).length,
    );
    expect(renderCheckTerminal(made, { width: 100, color: false })).not.toMatch(/\n::error|\p{Cc}(?<!\n)/u);
  });
});
