import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bench, type RunningCommand, start, workspace } from './command.js';
import { type GridFolder, gridFolder } from './small-grid.js';

const hostile = (name: string) => join(workspace, 'test/e2e/hostile', `${name}.js`);
const same = join(workspace, 'packages/runner/test/fixtures/methods/same-class.js');

const gridOf = (methods: readonly string[], budget = ''): string => `schema: bench/grid@1
name: isolated
seed: 3
tasks:
  - id: a
    data: { use: synthetic, train: 40, queries: 6 }
    model: { use: logistic, epochs: 5 }
truth: { subsets: 8, retrainSeeds: 1 }
methods:
${methods.map((method) => `  - ${method}\n`).join('')}metrics: [lds]
report: { resamples: 100 }
${budget}`;

const good = ['{ use: random }', `{ use: ${same} }`];
const hostileIn = (way: string, where = 'score') =>
  `{ use: ${hostile('hostile')}, params: { way: ${way}, where: ${where} } }`;

const run = ({ folder, flags }: GridFolder, ...more: string[]): RunningCommand =>
  start(['grid', ...flags, '--progress', 'plain', ...more], { cwd: folder });

/** Processes that work in a folder: those of its command, and all that they started. */
function processesIn({ folder }: GridFolder): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === folder && stateOf(pid) !== 'Z';
    } catch {
      return false;
    }
  });
}

function stateOf(pid: string): string {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /s, '')[0];
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Every score that is stored, as bytes by name. */
function scoresIn({ results }: GridFolder): Map<string, string> {
  const folder = join(results, 'store', 'score');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /safetensors$/.test(file));
  return new Map(files.map((file) => [file, readFileSync(join(folder, file), 'base64')]));
}

interface Row {
  readonly method: string;
  readonly status: string;
  readonly params?: { readonly way?: string };
  readonly reason?: string;
}

function rowsIn({ results }: GridFolder): Row[] {
  return JSON.parse(readFileSync(join(results, 'boards', 'isolated', 'board.json'), 'utf8')).rows;
}

/** Ways of going wrong, and what their cells say. */
const ways: Readonly<Record<string, RegExp>> = {
  exits: /^score: ended its process with exit code 0, return or throw, do not call process.exit$/,
  'exits-in-timer': /^score: ended its process with exit code 0, /,
  'exits-in-exit-listener': /^score: ended its process with exit code 0, /,
  'throws-in-timer': /^score: threw outside of any awaited call: too late$/,
  'rejects-unheard': /^score: threw outside of any awaited call: nobody listens$/,
  aborts: /^score: crashed \(SIGABRT\), look at the native code that it uses$/,
  crashes: /^score: crashed \(SIGSEGV\), look at the native code that it uses$/,
  disconnects: /^score: was killed \(SIGKILL\), /,
  'leaves-a-child': /^score: left a child behind$/,
  pollutes: /^score: polluted$/,
  prints: /^score: printed$/,
  'exits-in-supports': /^supports\(\) ended its process with exit code 0$/,
  'odd-uses':
    /^uses\(\) returned {"checkpoints":"many","trajectory":1}, see the types of @attribution-bench\/contract$/,
};

test('whatever a method does it is one failed cell with its reason, and the others are what they are without it', async () => {
  const alone = gridFolder(gridOf(good));
  expect((await run(alone).ending).code).toBe(0);

  const all = [
    `{ use: ${hostile('exits-when-loaded')} }`,
    `{ use: ${hostile('throws-when-loaded')} }`,
    `{ use: ${hostile('pollutes-when-loaded')} }`,
    `{ use: ${hostile('hostile')}, grid: { way: [${Object.keys(ways)}] } }`,
    ...good,
  ];
  const folder = gridFolder(gridOf(all));
  const { code, stdout, stderr } = await run(folder, '--jobs', '2').ending;
  expect({ code, errors: stderr.match(/^error: .*/gm) }).toEqual({ code: 1, errors: null });
  expect(stdout + stderr).not.toContain('of many');
  expect(processesIn(folder)).toEqual([]);

  const failed = [...stderr.matchAll(/^failed: a\/(\S+)(?: way=(\S+))?: (.*)$/gm)];
  const reasons = Object.fromEntries(failed.map(([, method, way, reason]) => [way ?? method, reason]));
  expect(reasons).toEqual({
    ...Object.fromEntries(Object.entries(ways).map(([way, reason]) => [way, expect.stringMatching(reason)])),
    'exits-when-loaded': expect.stringMatching(
      /^method ".*exits-when-loaded.js" cannot be loaded: it ended its process with exit code 0, return or throw/,
    ),
    'throws-when-loaded': expect.stringMatching(/^method ".*" cannot be loaded: no such table/),
    polluter: expect.stringMatching(/^fit: its process takes a sound result for a damaged one /),
  });
  const rows = rowsIn(folder);
  expect(rows.filter(({ method }) => ['random', 'same-class'].includes(method))).toMatchObject([
    { status: 'ok' },
    { status: 'ok' },
  ]);
  const kept = scoresIn(folder);
  for (const [name, bytes] of scoresIn(alone)) expect(kept.get(name)).toBe(bytes);

  const validated = await bench(['validate', '--config', 'grid.yaml'], { cwd: folder.folder });
  expect(validated.code).toBe(2);
  expect(validated.stderr).toMatch(
    /^error: grid.yaml:10:12 method ".*exits-when-loaded.js" cannot be loaded: it ended/m,
  );
}, 240_000);

test('a method that goes on for ever is ended when its time is over', async () => {
  const method = `{ use: ${hostile('hostile')}, grid: { way: [loops, never-settles] } }`;
  const folder = gridFolder(gridOf([method], 'budget: { cell: 8s }\n'));
  const { code, stderr } = await run(folder, '--jobs', '2').ending;
  expect(code).toBe(1);
  const [, ...reasons] = stderr.split(/^failed: a\/hostile way=/m).sort();
  const ended =
    'score: took longer than budget.cell (8 s); it did not stop when told to and was ended, raise the budget';
  expect(reasons).toEqual(['loops', 'never-settles'].map((way) => expect.stringContaining(`${way}: ${ended}`)));
  expect(processesIn(folder)).toEqual([]);
});

test('memory is held to its budget, that of objects and that outside of them', async () => {
  const method = `{ use: ${hostile('hostile')}, grid: { way: [fills-heap, fills-buffers] } }`;
  const folder = gridFolder(gridOf([method, 'random'], 'budget: { memory: 200MiB }\n'));
  const { code, stderr } = await run(folder).ending;
  expect(code).toBe(1);
  const reasons = [...stderr.matchAll(/^failed: a\/hostile way=(.*)$/gm)].map(([, reason]) => reason).sort();
  expect(reasons).toEqual([
    'fills-buffers: score: took more memory than budget.memory (200 MiB), raise the budget or use smaller blocks',
    expect.stringMatching(/^fills-heap: score: (took more memory than budget.memory|used up the memory for the obj)/),
  ]);
  expect(processesIn(folder)).toEqual([]);
});

test('what a method prints is in the log of the run, and not more than some of it', async () => {
  const folder = gridFolder(gridOf([hostileIn('prints', 'fit')]));
  const { stderr, stdout } = await run(folder).ending;
  expect(stdout + stderr).not.toContain('of many');
  const [name] = readdirSync(join(folder.results, 'runs'));
  const events = readFileSync(join(folder.results, 'runs', name, 'events.ndjson'), 'utf8')
    .trim()
    .split('\n');
  const logged = events.map((line) => JSON.parse(line)).filter(({ type }) => type === 'log');
  expect(logged[0]).toMatchObject({ message: 'line 0 of many', level: 'info', step: expect.stringContaining('fit:') });
  expect(logged.at(-1)).toMatchObject({ message: 'prints more, which is not kept' });
  expect(logged.length).toBe(200);
});

/** A run that is in the middle of a method that loops for ever. */
async function looping(): Promise<{ folder: GridFolder; command: RunningCommand }> {
  const folder = gridFolder(gridOf([hostileIn('loops-after-printing')]));
  const command = run(folder);
  const events = () => {
    try {
      const [name] = readdirSync(join(folder.results, 'runs'));
      return readFileSync(join(folder.results, 'runs', name, 'events.ndjson'), 'utf8');
    } catch {
      return '';
    }
  };
  await until(() => events().includes('about to loop') || command.process.exitCode !== null);
  return { folder, command };
}

const claimsIn = ({ results }: GridFolder): string[] =>
  readdirSync(join(results, 'store'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.claim'));

test('Ctrl-C ends a method that loops for ever, says so, and gives its step back', async () => {
  const { folder, command } = await looping();
  expect(claimsIn(folder).length).toBe(1);
  command.process.kill('SIGINT');
  const { code, stderr } = await command.ending;
  expect(stderr).toContain('your own code that keeps running is ended after 5 s');
  expect(code).toBe(4);
  expect(claimsIn(folder)).toEqual([]);
  expect(processesIn(folder)).toEqual([]);
});

test('a second Ctrl-C ends at once, gives the step back and leaves no process behind', async () => {
  const { folder, command } = await looping();
  const press = setInterval(() => command.process.kill('SIGINT'), 100);
  const { code } = await command.ending;
  clearInterval(press);
  expect(code).toBe('SIGKILL');
  expect(claimsIn(folder)).toEqual([]);
  await until(() => processesIn(folder).length === 0);
});

test('a command that is killed leaves no process behind that loops on', async () => {
  const { folder, command } = await looping();
  expect(processesIn(folder).length).toBeGreaterThan(1);
  command.process.kill('SIGKILL');
  await command.ending;
  await until(() => processesIn(folder).length === 0);
});

test('models whose modules end their process or throw stop the grid, each with its place', async () => {
  const modules = ['process.exit(0);', 'process.abort();', 'throw new Error("at its top");'];
  const [task] = /^ {2}- id: a\n(?: {4}.*\n)+/m.exec(gridOf(good)) ?? [''];
  const tasks = modules.map((_, i) =>
    task.replace('id: a', `id: t${i}`).replace('use: logistic, epochs: 5', `use: ./model${i}.mjs`),
  );
  const folder = gridFolder(gridOf(good).replace(task, tasks.join('')));
  for (const [i, module] of modules.entries()) writeFileSync(join(folder.folder, `model${i}.mjs`), module);
  const { code, stderr } = await run(folder).ending;
  expect(stderr.match(/^error: .*$/gm)).toEqual([
    expect.stringMatching(
      /^error: grid.yaml:7:\d+ model "\.\/model0\.mjs" cannot be loaded: it ended its process with exit code 0/,
    ),
    expect.stringMatching(/^error: grid.yaml:10:\d+ model "\.\/model1\.mjs" cannot be loaded: it crashed \(SIGABRT\)/),
    expect.stringMatching(/^error: grid.yaml:13:\d+ model ".*model2\.mjs" cannot be loaded: at its top/),
  ]);
  expect(code).toBe(2);
});
