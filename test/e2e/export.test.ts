import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bench } from './command.js';
import { gridFolder } from './small-grid.js';

const grid = `schema: bench/grid@1
name: small
seed: 3
tasks:
  - id: tiny
    data: { use: digits, train: 60, queries: 5 }
    model: { use: mlp, hidden: [4], epochs: 2, batch: 32 }
  - id: tiny-ddpm
    kind: generator
    data: { use: digits, train: 10 }
    model: { use: ddpm-mlp, hidden: [4], epochs: 2, batch: 10, diffusionSteps: 20 }
    target: { use: neg-denoising-loss, timesteps: 3, draws: 2 }
    queries: { heldout: 2, generated: 2, samplerSteps: 4 }
    truth: none
truth: { subsets: 8, fraction: 0.5, retrainSeeds: 1 }
methods:
  - use: trak
    grid: { projDim: [16, 32], checkpoints: [2] }
  - use: tracin
    params: { checkpoints: 2 }
metrics: [lds]
select: { by: lds, tuneFraction: 0.5 }
report: { resamples: 100 }
`;
const taskOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'task.json'), 'utf8'));
const bytesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
    .map((file) => [file.slice(folder.length), readFileSync(file, 'base64')]);

test('exports a task with the models that the grid uses, from the same results as the grid', async () => {
  const { folder, flags } = gridFolder(grid);
  const exporting = (...more: string[]) => bench(['export', ...flags, '--progress', 'none', ...more], { cwd: folder });
  const first = await exporting('--task', 'tiny', '--to', 'out/tiny', '--with-truth');
  expect(first.code).toBe(0);
  expect(first.stdout).toBe(
    `tiny: ${join(folder, 'out/tiny')} (2 models, 2 along the first run, truth of 4 subsets)\n`,
  );
  const task = taskOf(join(folder, 'out/tiny'));
  expect(task.checkpoints).toHaveLength(2);
  expect(task.truth).toMatchObject({ split: 'tune', subsets: 4, retrainSeeds: 1 });

  // The grid goes on from what was trained for the export, and the export from what the grid stored.
  const ran = await bench(['grid', ...flags, '--only', 'tiny/*', '--progress', 'plain'], { cwd: folder });
  expect(ran.stderr).not.toMatch(/train tiny|retrain tiny/);
  const again = await exporting('--task', 'tiny', '--to', 'out/again', '--with-truth');
  expect(again.stderr).not.toMatch(/steps? done/);
  expect(bytesIn(join(folder, 'out/again'))).toEqual(bytesIn(join(folder, 'out/tiny')));

  const generator = await exporting('--task', 'tiny-ddpm', '--to', 'out/ddpm', '--checkpoints', '1', '--json');
  expect(JSON.parse(generator.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
    task: 'tiny-ddpm',
    checkpoints: 1,
    truth: false,
  });
  expect(taskOf(join(folder, 'out/ddpm'))).toMatchObject({
    kind: 'generator',
    truth: null,
    queries: { count: 4, generated: 2, generatingModel: 'queries/generating_model.safetensors' },
  });
});

test('never writes over what is there, unless it is an export and is to be replaced', async () => {
  const { folder, flags } = gridFolder(grid);
  const exporting = async (...more: string[]) => {
    const ending = await bench(['export', ...flags, '--task', 'tiny', '--progress', 'none', ...more], { cwd: folder });
    return [ending.code, ending.stderr];
  };
  writeFileSync(join(folder, 'file'), '');
  expect(await exporting('--to', '.', '--overwrite')).toEqual([
    2,
    `error: ${folder} holds other files than an exported task, name another folder\n`,
  ]);
  expect(await exporting('--to', 'file')).toEqual([
    2,
    `error: ${join(folder, 'file')} is not a folder, name a folder that does not exist yet\n`,
  ]);
  expect((await exporting('--to', 'out', '--checkpoints', '1', '--trajectory', '0'))[0]).toBe(0);
  expect(await exporting('--to', 'out')).toEqual([
    2,
    `error: ${join(folder, 'out')} holds the exported task "tiny" already, pass --overwrite to replace it\n`,
  ]);
  expect((await exporting('--to', 'out', '--overwrite'))[0]).toBe(0);
  expect(taskOf(join(folder, 'out')).checkpoints).toHaveLength(2);
});

test('says what keeps a task from being exported', async () => {
  const { folder, flags } = gridFolder(grid.replace('select:', '# select:'));
  const exporting = async (...more: string[]) => {
    const ending = await bench(['export', ...flags, '--progress', 'none', '--to', 'out', ...more], { cwd: folder });
    return [ending.code, ending.stderr];
  };
  expect(await exporting('--task', 'tinny')).toEqual([
    2,
    'error: grid.yaml has no task "tinny", did you mean "tiny"?\n',
  ]);
  expect(await exporting('--task', 'tiny-ddpm', '--with-truth')).toEqual([
    2,
    'error: grid.yaml task tiny-ddpm has no ground truth, export it without --with-truth\n',
  ]);
  const [code, stderr] = await exporting('--task', 'tiny', '--with-truth');
  expect(code).toBe(2);
  expect(stderr).toMatch(/all truth of tiny is reported, and none of it is for choosing parameters/);
  expect(readdirSync(folder).sort()).toEqual(['grid.yaml', 'results']);
});

test('a network of a user is built in a process of its own', async () => {
  const { folder, flags } = gridFolder(
    grid.replace('{ use: mlp, hidden: [4], epochs: 2, batch: 32 }', '{ use: ./mine.ts, epochs: 2, batch: 32 }'),
  );
  const model = `import { appendFileSync } from 'node:fs';
import { defineModel } from '@attribution-bench/tasks';

appendFileSync(${JSON.stringify(join(folder, 'processes.txt'))}, process.argv[1] + '\\n');
export default defineModel({
  id: 'mine', title: 'Mine', kind: 'classifier', params: {}, recipe: { epochs: 2, batch: 32, lr: 0.1 },
  network: (_, { outputs }) => (nn, x) => nn.dense('fc', x, outputs),
});
`;
  writeFileSync(join(folder, 'mine.ts'), model);
  const exporting = ['export', ...flags, '--progress', 'none', '--task', 'tiny', '--to', 'out'];
  expect((await bench(exporting, { cwd: folder })).code).toBe(0);
  const task = taskOf(join(folder, 'out'));
  expect(task.model.use).toBe('own');
  expect(task.layers).toMatchObject([{ name: 'fc', arrays: [{ name: 'fc.weight' }, { name: 'fc.bias' }] }]);
  const processes = readFileSync(join(folder, 'processes.txt'), 'utf8').trim().split('\n');
  expect(processes.filter((file) => !file.endsWith('user-process.js'))).toEqual([]);
});
