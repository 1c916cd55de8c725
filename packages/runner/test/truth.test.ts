import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '@attribution-bench/store';
import { describe, expect, it } from 'vitest';
import { boardInput, collectGarbage, exportTruth, importTruth, verifyTruth } from '../src/index.js';
import { retrainStep } from '../src/steps/kinds/retrain.js';
import { temporaryFolder } from './support/folder.js';
import { artifacts, differingFromFinished, filesOf, finishedCopy, grid, plan, run, small } from './support/run.js';

const generator = `schema: bench/grid@1
name: trial
seed: 7
tasks:
  - id: drawn
    kind: generator
    data: { use: digits, train: 24 }
    model: { use: ddpm-mlp, hidden: [8], epochs: 2, batch: 12 }
    queries: { heldout: 4, generated: 4, samplerSteps: 3 }
    target: { use: neg-denoising-loss, timesteps: 4, draws: 1 }
truth: { subsets: 4 }
methods: [random]
metrics: [lds]
`;

describe('truth packs', () => {
  it('bring the truth to another store, to the byte', async () => {
    const from = await finishedCopy();
    const of = await grid(small);
    const [pack] = await exportTruth(await plan(of, from, { scope: 'truth' }));
    expect(pack.file).toMatch(/truth\/a-[0-9a-f]{12}\.safetensors$/);
    expect(pack.bytes).toBe(readFileSync(pack.file).length);
    const to = temporaryFolder();
    expect(await importTruth(await plan(of, to), pack.file)).toEqual({ task: 'a', added: 40, present: 0 });
    expect(await importTruth(await plan(of, to), pack.file)).toEqual({ task: 'a', added: 0, present: 40 });
    const planned = await plan(of, to);
    expect(planned.tasks[0].truth).toMatchObject({ cached: 40, total: 40 });
    expect(planned.steps.some(({ kind, needed }) => kind === 'retrain' && needed)).toBe(false);
    await run(planned);
    expect(await differingFromFinished(to)).toEqual([]);
    const folder = temporaryFolder();
    const [again] = await exportTruth(await plan(of, to, { scope: 'truth' }), { folder });
    expect(readFileSync(again.file)).toEqual(readFileSync(pack.file));
  });

  it('of a generator with generated queries go into an empty folder, where its queries are not drawn yet', async () => {
    const from = temporaryFolder();
    const drawn = await grid(generator);
    await run(await plan(drawn, from, { scope: 'truth' }));
    const [pack] = await exportTruth(await plan(drawn, from, { scope: 'truth' }));
    const to = temporaryFolder();
    expect(await importTruth(await plan(drawn, to), pack.file)).toEqual({ task: 'drawn', added: 8, present: 0 });
    const planned = await plan(drawn, to, { scope: 'truth' });
    expect(planned.steps.flatMap(({ kind, needed }) => (needed ? [kind] : [])).sort()).toEqual([
      'diagnose',
      'generate',
      'train',
      'truth',
    ]);
    await run(planned);
    expect(artifacts(to)).toEqual(artifacts(from));
  });

  it('serve grids with fewer subsets and seeds', async () => {
    const from = await finishedCopy();
    const [pack] = await exportTruth(await plan(await grid(small), from));
    const fewer = await plan(
      await grid(small.replace('subsets: 20, retrainSeeds: 2', 'subsets: 6')),
      temporaryFolder(),
    );
    expect(await importTruth(fewer, pack.file)).toEqual({ task: 'a', added: 12, present: 0 });
  });

  it.each([
    ['epochs: 10', 'epochs: 11', 'is of task "a", which is not in the grid as it was then'],
    ['train: 40', 'train: 41', 'is of task "a"'],
    ['subsets: 20', 'subsets: 20, fraction: 0.4', 'with subsets of 0.5'],
    ['subsets: 20', 'subsets: 20, stratified: true', 'with subsets of 0.5'],
  ])('are refused where they do not belong: %s is %s', async (was, is, message) => {
    const [pack] = await exportTruth(await plan(await grid(small), await finishedCopy()));
    const other = await plan(await grid(small.replace(was, is)), temporaryFolder());
    await expect(importTruth(other, pack.file)).rejects.toMatchObject({
      code: 'TRUTH_PACK_MISMATCH',
      place: pack.file,
      message: expect.stringContaining(message),
    });
  });

  it('are not made of half a truth', async () => {
    await expect(exportTruth(await plan(await grid(small), temporaryFolder()))).rejects.toMatchObject({
      code: 'TRUTH_INCOMPLETE',
      message: '0 of 40 retrainings are stored',
    });
    await expect(importTruth(await plan(await grid(small), temporaryFolder()), '/nowhere')).rejects.toMatchObject({
      code: 'TRUTH_PACK_MISSING',
    });
  });
});

describe('stratified subsets', () => {
  const stratified = small.replace('subsets: 20, retrainSeeds: 2', 'subsets: 6, stratified: true');

  it('are a truth of their own; plain ones keep the identity they had', async () => {
    const keysOf = async (text: string) => {
      const planned = await plan(await grid(text), temporaryFolder(), { scope: 'truth' });
      const made = planned.steps.filter(({ kind }) => kind === 'retrain' || kind === 'truth');
      return [planned.tasks[0].truth?.key, ...made.flatMap(({ outputs }) => outputs.map(({ key }) => key))];
    };
    const plain = await keysOf(small);
    expect(await keysOf(small.replace('subsets: 20', 'subsets: 20, stratified: false'))).toEqual(plain);
    const own = await keysOf(small.replace('subsets: 20', 'subsets: 20, stratified: true'));
    expect(own.filter((key) => plain.includes(key))).toEqual([]);
  });

  it('hold equal shares of the classes, on the board and in a pack', async () => {
    const results = temporaryFolder();
    const planned = await plan(await grid(stratified), results);
    await run(planned);
    const [{ info, truth }] = (await boardInput(planned)).tasks;
    expect(truth).toMatchObject({ stratified: true, fraction: 0.5 });
    const [{ task }] = planned.steps.flatMap((step) => retrainStep.jobOf(step) ?? []);
    const { arrays } = await openStore(join(results, 'store')).read(task.dataset);
    const shares = (members: Iterable<number>) => {
      const counts = new Array<number>(info.classes).fill(0);
      for (const member of members) counts[arrays.labels.data[member]]++;
      return counts;
    };
    const all = shares(Array.from({ length: info.train }, (_, point) => point));
    for (const members of truth?.members ?? [])
      for (const [label, count] of shares(members).entries()) expect(Math.abs(count - all[label] / 2)).toBeLessThan(1);
    const [pack] = await exportTruth(planned);
    const elsewhere = await plan(planned.grid, temporaryFolder());
    expect(await importTruth(elsewhere, pack.file)).toMatchObject({ added: 12, present: 0 });
    const plainGrid = await plan(await grid(small), temporaryFolder());
    await expect(importTruth(plainGrid, pack.file)).rejects.toMatchObject({
      message: expect.stringContaining('with class-stratified subsets of 0.5'),
    });
  });
});

describe('verifying', () => {
  it('retrains rows and finds them the same, or not', async () => {
    const results = await finishedCopy();
    const planned = await plan(await grid(small), results, { scope: 'truth' });
    const [good] = await verifyTruth(planned, { rows: 3, jobs: 1 });
    expect(good.rows.length).toBe(3);
    expect(good.rows.every(({ identical, largestDifference }) => identical && largestDifference === 0)).toBe(true);

    const [pack] = await exportTruth(planned);
    const { readTruthPack, writeTruthPack } = await import('@attribution-bench/store');
    const forged = join(temporaryFolder(), 'forged.safetensors');
    const content = await readTruthPack(pack.file);
    await writeTruthPack(forged, { ...content, outputs: content.outputs.map((value) => value + 0.25) });
    const elsewhere = temporaryFolder();
    await importTruth(await plan(planned.grid, elsewhere), forged);
    const [bad] = await verifyTruth(await plan(planned.grid, elsewhere, { scope: 'truth' }), { rows: 2, jobs: 1 });
    expect(bad.rows.every(({ identical }) => !identical)).toBe(true);
    for (const { largestDifference } of bad.rows) expect(largestDifference).toBeCloseTo(0.25, 5);
  });

  it('needs something to verify', async () => {
    const planned = await plan(await grid(small), temporaryFolder(), { scope: 'truth' });
    expect(await verifyTruth(planned, { rows: 1, jobs: 1 })).toEqual([
      { task: 'a', rows: [], failure: expect.objectContaining({ code: 'TRUTH_INCOMPLETE', place: 'a' }) },
    ]);
  });

  it('shows what it finds of the other tasks when there is nothing of one', async () => {
    const two = small.replace('  - id: a\n', '  - id: none\n    extends: a\n    model: { epochs: 9 }\n  - id: a\n');
    const planned = await plan(await grid(two), await finishedCopy(), { scope: 'truth' });
    const [none, verified] = await verifyTruth(planned, { rows: 2, jobs: 1 });
    expect(none).toMatchObject({ task: 'none', rows: [], failure: { code: 'TRUTH_INCOMPLETE' } });
    expect(verified.task).toBe('a');
    expect(verified.rows.map(({ identical }) => identical)).toEqual([true, true]);
  });
});

describe('garbage', () => {
  it('is what no plan needs', async () => {
    const results = await finishedCopy();
    const whole = await plan(await grid(small), results);
    expect((await collectGarbage([whole], { storeLocation: join(results, 'store'), remove: false })).files).toEqual([]);
    const less = await plan(await grid(small.replace('[random, grad-dot,', '[random,')), results);
    const options = { storeLocation: join(results, 'store'), remove: false };
    const found = await collectGarbage([less], options);
    const steps = whole.steps.filter(({ method }) => method === 'grad-dot').length;
    expect(found.files.filter((file) => file.endsWith('.safetensors')).length).toBe(steps);
    await collectGarbage([less], { ...options, remove: true });
    expect((await plan(less.grid, results)).steps.some(({ needed }) => needed)).toBe(false);
    expect(filesOf(less, 'score').length).toBe(2);
  });

  it('is not what a metric had trained, as long as a grid has a metric that retrains on that task', async () => {
    const results = temporaryFolder();
    const retraining = small.replace('metrics: [lds]', 'metrics: [lds, { use: loo, params: { points: 4 } }]');
    const whole = await plan(await grid(retraining), results);
    await run(whole);
    const options = { storeLocation: join(results, 'store'), remove: false };
    expect((await collectGarbage([whole], options)).files).toEqual([]);
    const without = await plan(await grid(small), results);
    const artifactsOf = (files: readonly string[]) =>
      files.filter((file) => file.endsWith('.safetensors')).map((file) => file.split('/').at(-3));
    expect(artifactsOf((await collectGarbage([without], options)).files)).toEqual([
      'metric',
      'metric',
      'metric',
      'retrain',
    ]);
    expect((await collectGarbage([without, whole], options)).files).toEqual([]);
  });
});
