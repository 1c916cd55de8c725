import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { BenchError } from '@attribution-bench/contract';
import { loadGrid } from '@attribution-bench/runner';
import { sketchTable, usualMissingText } from '@attribution-bench/tasks';
import { expect, onTestFinished, test } from 'vitest';
import { commandLine } from '../src/command-line.js';
import { completions } from '../src/completion/completions.js';
import { openInterview } from '../src/init/questions.js';
import { writeGrid } from '../src/init/write-grid.js';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-init-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a question is asked until its answer is right; an empty one is the preset, none is an error', async () => {
  const input = new PassThrough();
  const output = new PassThrough();
  const interview = openInterview(input, output);
  const check = (answer: string) =>
    answer === 'wrong' ? new BenchError({ code: 'UNKNOWN_NAME', message: 'is not known' }) : undefined;
  const question = { text: 'Which?', preset: 'usual', check };
  const first = interview.ask(question);
  input.write('wrong\n');
  input.write(' right \n');
  expect(await first).toBe('right');
  const second = interview.ask(question);
  input.write('\n');
  expect(await second).toBe('usual');
  expect(output.read().toString()).toBe('Which? [usual] is not known\nWhich? [usual] Which? [usual] ');
  const third = interview.ask(question);
  input.end();
  await expect(third).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('a grid is written whole, or not at all', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'my grid.yaml');
  mkdirSync(join(folder, 'photos'));
  const own = { data: join(folder, 'photos'), model: 'cnn', kind: 'classifier', methods: ['random'] } as const;
  await writeGrid(file, own);
  expect(await loadGrid(file)).toMatchObject({
    name: 'my-grid',
    tasks: [{ id: 'photos-cnn', spec: { data: { use: 'image-folder', path: own.data }, model: { use: 'cnn' } } }],
    methods: [{ loaded: { method: { id: 'random' } } }],
  });
  await expect(writeGrid(file, own)).rejects.toMatchObject({ code: 'FOLDER_NOT_EMPTY' });
  const other = join(folder, 'other.yaml');
  await expect(writeGrid(other, { ...own, methods: ['./nothing.js'] })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/other\.yaml:\d+:\d+ method "\.\/nothing\.js" has no /),
  });
  expect(existsSync(other)).toBe(false);
  expect(readdirSync(folder).sort()).toEqual(['my grid.yaml', 'photos']);
});

test('a table is looked through: its delimiter, the last column as label, columns of text, whole rows', async () => {
  const folder = temporaryFolder();
  const data = join(folder, 'houses.csv');
  const rows = Array.from({ length: 20 }, (_, i) => `${i};${i % 2 === 0 ? 'Bern' : 'Basel'};${i === 3 ? 'NA' : i * 2}`);
  writeFileSync(data, ['size;city;price', ...rows].join('\n'));
  const table = await sketchTable(data, usualMissingText);
  const file = join(folder, 'houses.yaml');
  await writeGrid(file, { data, table, model: 'linear', kind: 'regressor', methods: ['random', 'trak'] });
  const { tasks, broken } = await loadGrid(file);
  expect(broken).toEqual([]);
  expect(tasks[0].spec?.queries).toEqual({ heldout: 3, generated: 0 });
  expect(tasks[0].spec?.data).toMatchObject({
    use: 'csv',
    label: 'price',
    categorical: ['city'],
    delimiter: 'semicolon',
    missing: 'drop',
    train: 16,
  });
});

test.each([
  [['gr'], ['grid']],
  [['truth', 'ver'], ['verify']],
  [['plan', '--en'], ['--engine']],
  [
    ['plan', '--engine', ''],
    ['onnx', 'tfjs'],
  ],
  [
    ['plan', '--jobs', '2', 'ci'],
    ['ci', 'cifar-resnet9', 'cifar'],
  ],
  [['report', '-c', 'fash'], ['fashion']],
  [['list', 'mod'], ['models']],
  [['perf', 'algebra', 'gra'], ['gradients']],
  [['init', './'], []],
  [['complet'], ['completion']],
])('the last of %j can become %j', async (words, expected) => {
  expect(await completions(commandLine(), words)).toEqual(expected);
});
