import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { deriveSeed } from '@attribution-bench/contract';
import { type CodeParts, openStore } from '@attribution-bench/store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadGrid, type Plan } from '../src/index.js';
import { changedParts } from '../src/plan/changed-parts.js';
import { drawSplit } from '../src/plan/split.js';
import { subsetMembers } from '../src/steps/draw-subsets.js';
import { fixture, gridFile, temporaryFolder } from './support/folder.js';
import { finishedCopy, grid, header, plan, small } from './support/run.js';

const keysOf = ({ steps }: Plan): string[] => steps.flatMap(({ outputs }) => outputs.map(({ key }) => key)).sort();

describe('keys', () => {
  it('do not depend on the order of anything in the file, on names of tasks or on the folder', async () => {
    const one = await plan(
      await grid(`schema: bench/grid@1
name: one
seed: 7
tasks:
  - { id: a, data: { use: synthetic, train: 40, queries: 6 }, model: { use: logistic, epochs: 3 } }
  - { id: b, data: { use: synthetic, train: 40, queries: 6 }, model: { use: logistic, epochs: 4 } }
truth: { subsets: 4, retrainSeeds: 2 }
metrics: [lds]
methods: [random, { use: ${fixture('same-class')}, grid: { weight: [1, 2] } }]
`),
      temporaryFolder(),
    );
    const two = await plan(
      await grid(`name: two
methods: [{ use: ${fixture('same-class')}, grid: { weight: [2, 1] } }, random]
metrics: [lds]
truth: { retrainSeeds: 2, subsets: 4 }
tasks:
  - { model: { epochs: 4, use: logistic }, data: { queries: 6, train: 40, use: synthetic }, id: b }
  - { extends: b, id: a, model: { epochs: 3 } }
seed: 7
schema: bench/grid@1
`),
      temporaryFolder(),
    );
    expect(keysOf(two)).toEqual(keysOf(one));
  });

  it.each([
    ['seed: 7', 'seed: 8'],
    ['epochs: 10', 'epochs: 11'],
    ['train: 40', 'train: 42'],
  ])('all change when %s becomes %s', async (was, is) => {
    const before = new Set(keysOf(await plan(await grid(small), temporaryFolder())));
    const after = await plan(await grid(small.replace(was, is)), temporaryFolder());
    const kept = after.steps.filter(({ outputs }) => outputs.some(({ key }) => before.has(key)));
    expect(kept.filter(({ kind }) => kind !== 'dataset')).toEqual([]);
  });

  it('differ between engines', async () => {
    const onnx = new Set(keysOf(await plan(await grid(small), temporaryFolder())));
    const tfjs = await plan(await grid(small), temporaryFolder(), { engine: 'tfjs' });
    expect(keysOf(tfjs).filter((key) => onnx.has(key)).length).toBe(1);
  });

  it('of truth rows do not depend on how many there are', async () => {
    const rows = (planned: Plan) =>
      planned.steps.filter(({ kind }) => kind === 'retrain').flatMap(({ outputs }) => outputs.map(({ key }) => key));
    const few = rows(await plan(await grid(small), temporaryFolder()));
    const many = new Set(rows(await plan(await grid(small.replace('subsets: 20', 'subsets: 70')), temporaryFolder())));
    expect(few.length).toBe(40);
    expect(many.size).toBe(140);
    expect(few.every((key) => many.has(key))).toBe(true);
  });
});

describe('a split', () => {
  it('is disjoint, complete and of the size that was asked for', () => {
    const sizes = fc.record({
      subsets: fc.integer({ min: 8, max: 300 }),
      queries: fc.integer({ min: 8, max: 300 }),
      train: fc.integer({ min: 8, max: 300 }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1000 }),
        sizes,
        fc.double({ min: 0.25, max: 0.75, noNaN: true }),
        (seed, of, fraction) => {
          const { report, tune } = drawSplit(seed, 'task', of, fraction);
          for (const name of ['subsets', 'queries', 'train'] as const) {
            const [chosen, reported] = [tune?.[name] ?? [], report[name] ?? []];
            expect(chosen.length).toBe(Math.round(fraction * of[name]));
            expect([...chosen, ...reported].sort((a, b) => a - b)).toEqual(
              Array.from({ length: of[name] }, (_, i) => i),
            );
          }
          expect(drawSplit(seed, 'task', of, fraction)).toEqual({ report, tune });
        },
      ),
    );
  });

  it('chooses among the subsets of the first look alone, and reports whatever grows', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.integer({ min: 8, max: 100 }),
        fc.integer({ min: 1, max: 9 }),
        (seed, first, look) => {
          const sizes = { subsets: first, queries: 20, train: 30 };
          const before = drawSplit(seed, 'task', sizes, 0.25);
          const grown = drawSplit(seed, 'task', { ...sizes, subsets: first * look, firstSubsets: first }, 0.25);
          expect(grown.tune).toEqual(before.tune);
          expect({ ...grown.report, subsets: [] }).toEqual({ ...before.report, subsets: [] });
          const added = Array.from({ length: first * (look - 1) }, (_, i) => first + i);
          expect([...grown.report.subsets]).toEqual([...before.report.subsets, ...added]);
        },
      ),
    );
  });
});

describe('a subset', () => {
  const subsetSeed = (subset: number) => deriveSeed(7, 'task', 'truth-subset', subset);

  it('has its size, in order, whatever the others are', () => {
    fc.assert(
      fc.property(
        fc.nat(5000),
        fc.integer({ min: 2, max: 400 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (j, n, fraction) => {
          const members = subsetMembers(subsetSeed(j), new Int32Array(n), { fraction });
          expect(members.length).toBe(Math.round(fraction * n));
          expect(members.every((member, i) => member < n && (i === 0 || members[i - 1] < member))).toBe(true);
        },
      ),
    );
  });

  it('has the same share of every class when stratified, to whole points, and any point of it', () => {
    fc.assert(
      fc.property(
        fc.nat(5000),
        fc.array(fc.nat(4), { minLength: 2, maxLength: 300 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (j, classes, fraction) => {
          const labels = Int32Array.from(classes);
          const members = subsetMembers(subsetSeed(j), labels, { fraction, stratified: true });
          expect(members.length).toBe(Math.round(fraction * labels.length));
          expect(members.every((member, i) => i === 0 || members[i - 1] < member)).toBe(true);
          for (const label of new Set(classes)) {
            const all = classes.filter((other) => other === label).length;
            const taken = [...members].filter((member) => labels[member] === label).length;
            expect(Math.abs(taken - (all * members.length) / labels.length)).toBeLessThan(1);
          }
        },
      ),
    );
    const labels = Int32Array.from({ length: 30 }, (_, i) => i % 4);
    const drawn = new Float64Array(30);
    for (let j = 0; j < 4000; j++)
      for (const member of subsetMembers(subsetSeed(j), labels, { fraction: 0.5, stratified: true })) drawn[member]++;
    for (const times of drawn) expect(Math.abs(times / 4000 - 0.5)).toBeLessThan(0.05);
  });
});

describe('a plan', () => {
  it('orders steps and computes nothing but what tasks are', async () => {
    const results = temporaryFolder();
    const planned = await plan(await grid(small), results);
    const seen = new Set<string>();
    for (const { id, needs } of planned.steps) {
      for (const need of needs) expect(seen.has(need)).toBe(true);
      seen.add(id);
    }
    expect(readdirSync(join(results, 'store')).sort()).toEqual(['dataset', 'task']);
    expect(planned.tasks[0].info).toMatchObject({ id: 'a', train: 40, queries: 6, kind: 'classifier' });
    expect(planned.cells.map(({ status }) => status)).toEqual(['missing', 'missing', 'missing']);
  });

  it('groups trainings by the stack of the task, each with its place', async () => {
    const planned = await plan(await grid(small), temporaryFolder());
    const groups = planned.steps.filter(({ kind }) => kind === 'retrain').map(({ label }) => label);
    expect(groups).toEqual([
      'retrain a subsets 0-15 seed 0',
      'retrain a subsets 0-15 seed 1',
      'retrain a subsets 16-19 seed 0',
      'retrain a subsets 16-19 seed 1',
    ]);
  });

  it('says what changed since a result was stored', async () => {
    const results = await finishedCopy();
    const text = small.replace('epochs: 10', 'epochs: 12');
    const planned = await plan(await grid(text), results);
    expect(planned.cells.map(({ status, reason }) => `${status}: ${reason}`)).toEqual(
      Array(3).fill('stale: the task changed'),
    );
    expect(planned.tasks[0].truth).toMatchObject({ cached: 0, total: 40 });
    const more = await plan(await grid(small.replace('random, ', 'random, grad-cos, ')), results);
    expect(more.cells.map(({ method, status }) => `${method} ${status}`)).toEqual([
      'random cached',
      'grad-cos missing',
      'grad-dot cached',
      'same-class cached',
    ]);
    expect(more.steps.filter(({ needed }) => needed).map(({ kind }) => kind)).toEqual(['fit', 'score', 'metric']);
  });

  it('names the modules that changed since a result was stored', async () => {
    const results = await finishedCopy();
    const of = await grid(small);
    const planned = await plan(of, results);
    const store = openStore(join(results, 'store'));
    const [{ hash, parts }] = planned.code.filter(({ parts }) => parts['tasks/training/trainer'] !== undefined);
    expect(await store.readCode(hash)).toEqual(parts);
    const before = { harness: 'a', code: 'c' };
    const known: Record<string, CodeParts> = {
      a: { 'tasks/x': '1', 'tasks/y': '1' },
      b: { 'tasks/x': '2', 'tasks/y': '1', 'tasks/z': '1' },
    };
    const readCode = async (of: string) => known[of];
    expect(await changedParts(before, { harness: 'b', code: 'c' }, readCode)).toEqual(['tasks/x', 'tasks/z']);
    expect(await changedParts(before, { harness: 'b', code: 'd' }, readCode)).toEqual([
      'tasks/x',
      'tasks/z',
      'its code',
    ]);
    known.b = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`tasks/${index}`, '1']));
    expect(await changedParts(before, { harness: 'b', code: 'c' }, readCode)).toEqual([
      'tasks/0',
      'tasks/1',
      'tasks/2',
      '8 more modules',
    ]);
  });

  it('keeps to --only and --skip, and does again what is under --force', async () => {
    const results = await finishedCopy();
    const of = await grid(small);
    const methods = async (options: Parameters<typeof plan>[2]) =>
      (await plan(of, results, options)).cells.map(({ method }) => method);
    expect(await methods({ only: ['a/grad-*'] })).toEqual(['grad-dot']);
    expect(await methods({ only: ['random', '?/same-class'] })).toEqual(['random', 'same-class']);
    expect(await methods({ skip: ['*/random'] })).toEqual(['grad-dot', 'same-class']);
    const forced = await plan(of, results, { force: ['random'] });
    expect(forced.cells.map(({ status, reason }) => [status, reason])).toEqual([
      ['stale', 'forced'],
      ['cached', undefined],
      ['cached', undefined],
    ]);
    expect(forced.steps.filter(({ needed }) => needed).map(({ kind }) => kind)).toEqual(['fit', 'score', 'metric']);
    await expect(plan(of, results, { only: ['b/*'] })).rejects.toMatchObject({
      code: 'GLOB_NO_MATCH',
      place: '--only b/*',
    });
    await expect(plan(of, results, { skip: ['*'] })).rejects.toMatchObject({ code: 'GRID_EMPTY' });
  });

  it('refuses a grid of which nothing is left to run', async () => {
    const text = `${header}methods: [{ use: ${fixture('flawed')}, params: { flaw: unsupported } }]\n`;
    await expect(plan(await grid(text), temporaryFolder())).rejects.toMatchObject({
      code: 'GRID_EMPTY',
      message: 'has no cell to run: a/flawed: is flawed',
    });
  });

  it('measures a metric where there is something to measure', async () => {
    const file = gridFile(
      `${small.replace('[lds]', '[lds, mislabel-auc]')}`.replace(
        'truth:',
        `  - { id: noisy, extends: a, data: { flipLabels: 0.2 }, truth: none }\ntruth:`,
      ),
    );
    const planned = await plan(await loadGrid(file), temporaryFolder());
    expect(planned.tasks.map(({ metrics }) => metrics.map(({ metric }) => metric.id))).toEqual([
      ['lds'],
      ['mislabel-auc'],
    ]);
    expect(planned.tasks[1].truth).toBeUndefined();
    expect(
      planned.cells.filter(({ task }) => task === 'noisy').map(({ steps }) => Object.keys(steps?.metrics ?? {})),
    ).toEqual(Array(3).fill(['mislabel-auc']));
  });

  it('splits no further than there is something on either side', async () => {
    const text = `${small}select: { by: lds, tuneFraction: 0.01 }\n`.replace(
      `{ use: ${fixture('same-class')} }`,
      `{ use: ${fixture('same-class')}, grid: { weight: [1, 2] } }`,
    );
    await expect(plan(await grid(text), temporaryFolder())).rejects.toMatchObject({ code: 'SPLIT_TOO_SMALL' });
  });
});
