import { watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bench, start, startProgram, workspace } from './command.js';
import { type GridFolder, gridFolder, smallGrid } from './small-grid.js';

const command = join(workspace, 'packages/bench/bin/bench.js');
let folder: GridFolder;

beforeAll(async () => {
  folder = gridFolder();
  const { code, stderr } = await bench(['grid', ...folder.flags, '--max-time', '600h30m'], { cwd: folder.folder });
  expect(code, stderr).toBe(0);
});

/** Runs the command in a shell that sends its output elsewhere. */
const redirected = (args: string, where: string) =>
  startProgram('sh', ['-c', `"${process.execPath}" "${command}" ${args} ${where}`], { cwd: folder.folder }).ending;

describe.skipIf(process.platform !== 'linux')('output onto a full disk is an error, once', () => {
  test.each(['list --json', 'help', 'validate --schema', 'report --json --config grid.yaml --results results'])(
    'bench %s',
    async (args) => {
      const { code, stderr } = await redirected(args, '> /dev/full');
      expect(stderr.match(/^error: /gm)).toHaveLength(1);
      expect(stderr).toMatch(/^error: standard output cannot be written, its content is cut off: .*no space left/m);
      expect(code).toBe(6);
    },
  );

  test('errors that cannot be shown end with a code', async () => {
    expect((await redirected('list', '2> /dev/full')).code).toBe(0);
    expect((await redirected('list nothing', '2> /dev/full')).code).toBe(2);
  });

  test('a reader that went away is none', async () => {
    const { stdout, stderr } = await startProgram(
      'sh',
      ['-c', `{ "${process.execPath}" "${command}" list --json; echo "ended with $?" >&2; } | head -c 1`],
      { cwd: folder.folder },
    ).ending;
    expect(stdout).toBe('{');
    expect(stderr).toBe('ended with 0\n');
  });
});

test('Ctrl-C while a grid is read ends with a word and 4', async () => {
  const started = join(folder.folder, 'started');
  const method = `import { writeFileSync } from 'node:fs';
writeFileSync(${JSON.stringify(started)}, '');
setInterval(() => {}, 1000);
await new Promise(() => {});
`;
  writeFileSync(join(folder.folder, 'waiting.mjs'), method);
  writeFileSync(join(folder.folder, 'waiting.yaml'), smallGrid.replace('- use: random', '- use: ./waiting.mjs'));
  const run = start(['grid', '--config', 'waiting.yaml', '--results', 'results'], { cwd: folder.folder });
  const watcher = watch(folder.folder, (_, name) => {
    if (name === 'started') run.process.kill('SIGINT');
  });
  const { code, stderr } = await run.ending;
  watcher.close();
  expect(stderr).toBe('stopped: what is finished is kept, the same command continues\n');
  expect(code).toBe(4);
});

test('a grid that takes the place of the board of another one with its name says so', async () => {
  writeFileSync(join(folder.folder, 'other.yaml'), smallGrid);
  const own = await bench(['report', ...folder.flags], { cwd: folder.folder });
  expect(own.stderr).not.toContain('warning');
  const other = await bench(['report', '--config', 'other.yaml', '--results', 'results'], { cwd: folder.folder });
  expect(other.stderr).toMatch(
    /^warning: .*boards\/small holds the board of another grid file \(.*grid\.yaml\) with the same name, which this one replaces/,
  );
  expect(other.code).toBe(0);
});
