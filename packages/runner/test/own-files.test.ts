import { cpSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Rng } from '@attribution-bench/contract';
import { describe, expect, it } from 'vitest';
import { exportTruth, importTruth, loadGrid, type Plan } from '../src/index.js';
import { datasetStep, makeDataset } from '../src/steps/kinds/dataset.js';
import { openPointMemory } from '../src/steps/point-memory.js';
import { gridFile, temporaryFolder } from './support/folder.js';
import { plan, run } from './support/run.js';

const gridOf = (data: string, more = '') => `schema: bench/grid@1
name: own
seed: 3
tasks:
  - id: t
    data: { ${data}, train: 20, queries: 5 }
    model: { use: logistic, epochs: 3 }
${more}truth: { subsets: 6, retrainSeeds: 1 }
metrics: [lds]
methods: [random]
`;

/** Thirty points of two classes as .npy files, their inputs drawn from `seed`. */
function putArrays(folder: string, seed: number): void {
  mkdirSync(folder, { recursive: true });
  const rng = new Rng([1, 2, 3, seed]);
  const npy = (descr: string, shape: string, data: Float32Array | Int32Array) => {
    const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117);
    return Buffer.concat([
      Buffer.from(`\x93NUMPY\x01\x00v\x00${header}\n`, 'latin1'),
      Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    ]);
  };
  const inputs = Float32Array.from({ length: 90 }, () => rng.normal());
  writeFileSync(join(folder, 'x_train.npy'), npy('<f4', '30, 3', inputs));
  writeFileSync(
    join(folder, 'y_train.npy'),
    npy(
      '<i4',
      '30,',
      Int32Array.from({ length: 30 }, (_, i) => i % 2),
    ),
  );
}

const needed = ({ steps }: Plan): number => steps.filter((step) => step.needed).length;
/** What a grid file in a folder still has to do. */
const toDo = async (folder: string, text: string, results: string): Promise<number> =>
  needed(await plan(await loadGrid(gridFile(text, folder)), results));

describe('results do not depend on where files lie', () => {
  it.each(['own', './own', 'own/', 'linked', 'copy', '../ABSOLUTE', 'RELATIVE'])('data at %s', async (spelling) => {
    const [folder, results] = [temporaryFolder(), temporaryFolder()];
    putArrays(join(folder, 'own'), 1);
    await run(await plan(await loadGrid(gridFile(gridOf('use: arrays, path: own'), folder)), results));
    cpSync(join(folder, 'own'), join(folder, 'copy'), { recursive: true });
    symlinkSync(join(folder, 'own'), join(folder, 'linked'));
    const path = spelling
      .replace('../ABSOLUTE', join(folder, 'own'))
      .replace('RELATIVE', relative(folder, join(folder, 'copy')));
    expect(await toDo(folder, gridOf(`use: arrays, path: ${path}`), results)).toBe(0);
    putArrays(join(folder, 'own'), 2);
    putArrays(join(folder, 'copy'), 2);
    expect(await toDo(folder, gridOf(`use: arrays, path: ${path}`), results)).toBeGreaterThan(0);
  });

  it('but errors say where they were looked for: from the grid file', async () => {
    const folder = temporaryFolder();
    const grid = await loadGrid(gridFile(gridOf('use: arrays, path: nowhere'), folder));
    await expect(plan(grid, temporaryFolder())).rejects.toMatchObject({ place: join(folder, 'nowhere') });
    const model = gridOf('use: digits').replace('use: logistic', 'use: ./nowhere.js');
    await expect(loadGrid(gridFile(model, folder))).rejects.toThrow(join(folder, 'nowhere.js'));
  });
});

describe('a truth pack of other data', () => {
  it('is refused, though labels, sizes and names are the same', async () => {
    const [folder, from, to] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    putArrays(join(folder, 'own'), 1);
    const grid = await loadGrid(gridFile(gridOf('use: arrays, path: own'), folder));
    await run(await plan(grid, from, { scope: 'truth' }));
    const [pack] = await exportTruth(await plan(grid, from, { scope: 'truth' }));
    expect(readFileSync(pack.file, 'latin1')).not.toContain(folder);

    renameSync(join(folder, 'own'), join(folder, 'moved'));
    const moved = await loadGrid(gridFile(gridOf('use: arrays, path: moved'), folder));
    expect(await importTruth(await plan(moved, to), pack.file)).toEqual({ task: 't', added: 6, present: 0 });

    putArrays(join(folder, 'own'), 2);
    await expect(importTruth(await plan(grid, temporaryFolder()), pack.file)).rejects.toMatchObject({
      code: 'TRUTH_PACK_MISMATCH',
      message: 'is of other data than task "t" reads',
    });
  });
});

it('data that change while a grid runs are not stored under the key of what they were', async () => {
  const [folder, results] = [temporaryFolder(), temporaryFolder()];
  putArrays(join(folder, 'own'), 1);
  const planned = await plan(await loadGrid(gridFile(gridOf('use: arrays, path: own'), folder)), results);
  const [job] = planned.steps.flatMap((step) => datasetStep.jobOf(step) ?? []);
  putArrays(join(folder, 'own'), 2);
  const { openStore } = await import('@attribution-bench/store');
  const store = openStore(join(temporaryFolder(), 'store'));
  const making = makeDataset(job, { store, points: openPointMemory(), environment: { cacheFolder: '' }, log() {} });
  await expect(making).rejects.toMatchObject({ code: 'DATA_CHANGED' });
  expect(await store.has(job.output)).toBe(false);
});

describe('a file that a parameter of a method names', () => {
  const method = `import { defineMethod, file } from '@attribution-bench/contract';
export default defineMethod({
  id: 'reads', title: 'Reads', family: 'baseline', origin: 'original', cite: '', revision: 1, scoreShape: 'pairwise', needs: [],
  tasks: ['classifier'],
  params: { table: file({ help: 'a table' }) },
  fit() {}, score: (ctx) => new Float32Array(ctx.task.queries * ctx.task.train),
});
`;
  it('is found from the grid file, and what is in it is part of the key', async () => {
    const [folder, results] = [temporaryFolder(), temporaryFolder()];
    mkdirSync(join(folder, 'node_modules/@attribution-bench'), { recursive: true });
    symlinkSync(join(import.meta.dirname, '../../contract'), join(folder, 'node_modules/@attribution-bench/contract'));
    writeFileSync(join(folder, 'reads.js'), method);
    writeFileSync(join(folder, 'table.csv'), '1');
    mkdirSync(join(folder, 'deeper'));
    const fitOf = async (path: string): Promise<string> => {
      const text = gridOf('use: digits').replace('[random]', `[{ use: ./reads.js, params: { table: ${path} } }]`);
      const { steps } = await plan(await loadGrid(gridFile(text, folder)), results);
      return steps.find(({ kind }) => kind === 'fit')?.outputs[0].key ?? '';
    };
    const before = await fitOf('table.csv');
    expect(await fitOf('./deeper/../table.csv')).toBe(before);
    writeFileSync(join(folder, 'table.csv'), '2');
    expect(await fitOf('table.csv')).not.toBe(before);
    await expect(fitOf('gone.csv')).rejects.toThrow(`${join(folder, 'gone.csv')} cannot be read (ENOENT)`);
  });
});
