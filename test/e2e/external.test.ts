import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bench, workspace } from './command.js';
import { type GridFolder, gridFolder } from './small-grid.js';

const example = (name: string) => join(workspace, 'examples/any-language', name);
const hostile = join(workspace, 'packages/exchange/test/programs/hostile.mjs');
const withNumPy = ['python3', '/usr/bin/python3'].find((python) => {
  try {
    execFileSync(python, ['-c', 'import numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

const gridOf = (methods: readonly string[], budget = '{ cell: 1m, memory: 1GiB }'): string => `schema: bench/grid@1
name: external
seed: 3
tasks:
  - id: tiny
    data: { use: digits, train: 30, queries: 4 }
    model: { use: logistic, epochs: 2, batch: 16 }
truth: { subsets: 6, retrainSeeds: 1 }
methods:
${methods.map((method) => `  - ${method}\n`).join('')}metrics: [lds]
report: { resamples: 100 }
budget: ${budget}
`;

interface Row {
  readonly method: string;
  readonly status: string;
  readonly origin?: string;
  readonly reason?: string;
  readonly title: string;
  readonly family: string;
}
const rowsIn = ({ results }: GridFolder): Row[] =>
  JSON.parse(readFileSync(join(results, 'boards/external/board.json'), 'utf8')).rows;
const run = ({ folder, flags }: GridFolder, ...more: string[]) =>
  bench(['grid', ...flags, '--progress', 'plain', ...more], { cwd: folder });

/** Every array of scores that is stored for a kind of step. */
function storedScores({ results }: GridFolder, kind: string): Float32Array[] {
  const folder = join(results, 'store', kind);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /safetensors$/.test(file));
  return files.map((file) => {
    const bytes = readFileSync(join(folder, file));
    const length = Number(bytes.readBigUInt64LE(0));
    const [start, end] = JSON.parse(bytes.toString('utf8', 8, 8 + length)).scores.data_offsets;
    return new Float32Array(new Uint8Array(bytes.subarray(8 + length + start, 8 + length + end)).buffer);
  });
}

test('programs in Perl and in NumPy alone give the scores of our own Grad-Dot, and share one export', async () => {
  const programs = [
    ['perl', example('grad_dot.pl')],
    ...(withNumPy === undefined ? [] : [[withNumPy, example('grad_dot.py')]]),
  ];
  const methods = programs.map(
    (argv, i) => `{ use: command, as: p${i}, argv: ${JSON.stringify(argv)}, title: Program ${i} }`,
  );
  const grid = gridFolder(gridOf(['grad-dot', ...methods]));
  const { code, stdout } = await run(grid);
  expect(code).toBe(0);
  const [ours] = storedScores(grid, 'score');
  const theirs = storedScores(grid, 'external');
  expect(theirs).toHaveLength(programs.length);
  const largest = ours.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largest).toBeGreaterThan(0);
  for (const scores of theirs)
    expect(Math.max(...scores.map((value, i) => Math.abs(value - ours[i])))).toBeLessThan(1e-5 * largest);
  expect(readdirSync(join(grid.results, 'exports'))).toHaveLength(1);
  expect(rowsIn(grid).filter(({ origin }) => origin === 'external')).toHaveLength(programs.length);
  expect(stdout).toMatch(/Program 0 ‡/);
  expect(stdout).toMatch(/‡ external: scores that another program computed/);

  // Again: nothing is left to do. With a changed parameter the program runs anew.
  expect((await run(grid)).stderr).toMatch(/0 steps? done/);
  const costs = JSON.parse(readFileSync(join(grid.results, 'boards/external/board-costs.json'), 'utf8')).rows;
  const [perl] = costs.filter(({ entry }: { entry: string }) => entry === 'p0');
  expect(perl).toMatchObject({ fitSeconds: 0, retrainings: 1 });
  expect(perl.scoreSeconds).toBeGreaterThan(0);
  // A few megabytes of Perl, and not the hundreds of the bench.
  expect(perl.peakRssBytes).toBeGreaterThan(2 ** 20);
  expect(perl.peakRssBytes).toBeLessThan(60 * 2 ** 20);
});

test('a file of scores is ranked, and one that does not fit is a failed cell with its reason', async () => {
  const grid = gridFolder(gridOf(['grad-dot']));
  await run(grid);
  const [ours] = storedScores(grid, 'score');
  const save = (name: string, shape: string, values: Float32Array) => {
    const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117);
    const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]);
    writeFileSync(
      join(grid.folder, name),
      Buffer.concat([start, Buffer.from(`${head}\n`), Buffer.from(values.buffer)]),
    );
  };
  save(
    'mine.npy',
    '4, 30',
    ours.map((value) => -value),
  );
  save('wrong.npy', '5, 24', ours);
  writeFileSync(
    join(grid.folder, 'grid.yaml'),
    gridOf([
      'grad-dot',
      '{ use: scores, as: mine, files: [mine.npy], sign: lowers, title: Mine, family: gradient }',
      '{ use: scores, as: wrong, files: [wrong.npy] }',
    ]),
  );
  const { code } = await run(grid);
  expect(code).toBe(1);
  const rows = rowsIn(grid);
  expect(rows.find(({ method }) => method === 'mine')).toMatchObject({ status: 'ok', origin: 'external' });
  expect(rows.find(({ method }) => method === 'wrong')).toMatchObject({
    status: 'failed',
    reason: expect.stringMatching(/wrong\.npy has scores of \[5 × 24\], and tiny has 4 queries and 30 training points/),
  });
  expect([...storedScores(grid, 'external')[0]]).toEqual([...ours]);

  // Points are shown by it too, the same as by the method that it was read from.
  const shown = await bench(
    ['show', 'tiny/query:1', ...grid.flags, '--only', '*/grad-dot', '--only', '*/mine', '--json'],
    {
      cwd: grid.folder,
    },
  );
  const { cells } = JSON.parse(shown.stdout) as { cells: { cell: string; largest: unknown; smallest: unknown }[] };
  expect(cells.map(({ cell }) => cell)).toEqual(['tiny/grad-dot', 'tiny/mine']);
  expect(cells[1].largest).toEqual(cells[0].largest);
  expect(cells[1].smallest).toEqual(cells[0].smallest);
});

test('programs that do not behave are failed cells with their reasons, and the others are ranked', async () => {
  const ways = ['wrong-shape', 'kills-itself', 'fails', 'sleeps-for-ever'];
  const methods = ways.map(
    (way) => `{ use: command, as: ${way}, argv: [node, ${hostile}, ${way}], uses: { checkpoints: 0 } }`,
  );
  const grid = gridFolder(gridOf(['random', ...methods], '{ cell: 20s }'));
  const { code } = await run(grid);
  expect(code).toBe(1);
  const reasons = Object.fromEntries(rowsIn(grid).map(({ method, reason }) => [method, reason]));
  expect(reasons['wrong-shape']).toMatch(/has scores of \[4 × 4\], and tiny has 4 queries/);
  expect(reasons['kills-itself']).toMatch(/the program was killed \(SIGKILL\) and printed nothing/);
  expect(reasons.fails).toMatch(/exit code 3: loading the models \| ValueError: shapes/);
  expect(reasons['sleeps-for-ever']).toMatch(/took longer than budget\.cell \(20 s\)/);
  expect(rowsIn(grid).find(({ method }) => method === 'random')?.status).toBe('ok');
});

test('what is wrong with an entry is said at its place', async () => {
  const grid = gridFolder(
    gridOf([
      '{ use: scores }',
      '{ use: command, as: a }',
      '{ use: random, files: [a.npy] }',
      '{ use: scores, as: b, files: [nowhere.npy] }',
      '{ use: scores, as: c, files: [a.npy, b.npy] }',
      '{ use: command, argv: [one] }',
      '{ use: command, argv: [two], tasks: [tinny] }',
      '{ use: command, argv: [two] }',
      '{ use: command, as: d, argv: [two], cost: { seconds: 1 } }',
      '{ use: scores, as: e, files: [a.npy], params: { a: 1 } }',
    ]),
  );
  const { code, stderr } = await run(grid);
  expect(code).toBe(2);
  expect(stderr).toMatch(/grid\.yaml:10:\d+ names no files of scores, add files: \[scores\.npz\]/);
  expect(stderr).toMatch(/grid\.yaml:11:\d+ names no program, add argv: /);
  expect(stderr).toMatch(/grid\.yaml:12:\d+ "files" is for use: scores and use: command, leave it out/);
  expect(stderr).toMatch(
    /grid\.yaml:13:\d+ \S*nowhere\.npy cannot be read \(ENOENT\), relative paths start at the grid file/,
  );
  expect(stderr).toMatch(/grid\.yaml:14:\d+ has 2 files, and the grid has 1 seed, give one file/);
  expect(stderr).toMatch(/grid\.yaml:16:\d+ the grid has no task "tinny", did you mean "tiny"\?/);
  expect(stderr).toMatch(/grid\.yaml:17:\d+ another method has the id "command", say as: another-id/);
  expect(stderr).toMatch(/grid\.yaml:18:\d+ "cost" is for use: scores, leave it out/);
  expect(stderr).toMatch(/grid\.yaml:19:\d+ files of scores have no parameters/);
});

test('what a file says of its scores stands on the board where the grid does not say it', async () => {
  const grid = gridFolder(gridOf(['random']));
  await run(grid);
  const scores = storedScores(grid, 'score')[0];
  const header = JSON.stringify({
    __metadata__: {
      title: 'Theirs',
      family: 'similarity',
      cost: '{"seconds": 90, "memory": 1048576, "retrainings": 2}',
    },
    scores: { dtype: 'F32', shape: [4, 30], data_offsets: [0, scores.byteLength] },
  });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(
    join(grid.folder, 'theirs.safetensors'),
    Buffer.concat([length, Buffer.from(header), Buffer.from(scores.buffer)]),
  );
  writeFileSync(
    join(grid.folder, 'grid.yaml'),
    gridOf([
      'random',
      '{ use: scores, as: theirs, files: [theirs.safetensors] }',
      '{ use: scores, as: ours, files: [theirs.safetensors], title: Ours, cost: { seconds: 5 } }',
    ]),
  );
  expect((await run(grid)).code).toBe(0);
  expect(rowsIn(grid).find(({ method }) => method === 'theirs')).toMatchObject({
    title: 'Theirs',
    family: 'similarity',
  });
  expect(rowsIn(grid).find(({ method }) => method === 'ours')).toMatchObject({ title: 'Ours', family: 'similarity' });
  const { rows } = JSON.parse(readFileSync(join(grid.results, 'boards/external/board-costs.json'), 'utf8'));
  const costOf = (id: string) => rows.find(({ entry }: { entry: string }) => entry === id);
  const said = { task: 'tiny', declared: true, peakRssBytes: 1048576, retrainings: 2 };
  expect(costOf('theirs')).toEqual({ ...said, entry: 'theirs', scoreSeconds: 90 });
  expect(costOf('ours')).toEqual({ ...said, entry: 'ours', scoreSeconds: 5 });
});

test('gc lists and removes exports and logs that no grid needs, once nobody has used them for a while', async () => {
  const method = `{ use: command, as: theirs, argv: [perl, ${example('grad_dot.pl')}] }`;
  const grid = gridFolder(gridOf([method]));
  expect((await run(grid)).code).toBe(0);
  const gc = async (...more: string[]) => {
    const { stdout } = await bench(['gc', '--results', 'results', '--json', ...more], { cwd: grid.folder });
    const { forPrograms } = JSON.parse(stdout);
    return forPrograms.map(({ path }: { path: string }) => path.slice(grid.results.length + 1)).sort();
  };
  const [exported] = readdirSync(join(grid.results, 'exports'));
  const [log] = readdirSync(join(grid.results, 'programs'));
  expect(log).toMatch(/^[0-9a-f]{64}\.log$/);
  // Just used: it may be by a run that has not noted itself yet.
  expect(await gc()).toEqual([]);
  const hourAgo = new Date(Date.now() - 3_600_000);
  for (const path of [`exports/${exported}`, `programs/${log}`]) utimesSync(join(grid.results, path), hourAgo, hourAgo);
  expect(await gc('--keep', 'grid.yaml')).toEqual([]);
  expect(await gc('--remove')).toEqual([`exports/${exported}`, `programs/${log}`]);
  expect(readdirSync(join(grid.results, 'exports'))).toEqual([]);
  expect(readdirSync(join(grid.results, 'programs'))).toEqual([]);
});

test('a program runs anew when its file or a parameter changes, not when a file that it loads by itself does', async () => {
  const grid = gridFolder();
  const write = (name: string, text: string) => writeFileSync(join(grid.folder, name), text);
  const program = `
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scale } from ${JSON.stringify(join(grid.folder, 'beside.mjs'))};
const { task, output, params } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { train, queries } = JSON.parse(readFileSync(join(task, 'task.json'), 'utf8'));
const values = Float32Array.from({ length: train.count * queries.count }, (_, i) => scale * params.power * ((i * 7919) % 101));
const head = Buffer.alloc(128, ' ');
head.write('\\x93NUMPY\\x01\\x00', 'latin1');
head.writeUInt16LE(118, 8);
head.write(\`{'descr': '<f4', 'fortran_order': False, 'shape': (\${queries.count}, \${train.count}), }\`, 10, 'latin1');
head.write('\\n', 127);
writeFileSync(output, Buffer.concat([head, Buffer.from(values.buffer)]));
`;
  const gridWith = (power: number) =>
    gridOf([
      `{ use: command, as: mine, argv: [node, mine.mjs], uses: { checkpoints: 0 }, params: { power: ${power} } }`,
    ]);
  write('beside.mjs', 'export const scale = 1;');
  write('mine.mjs', program);
  write('grid.yaml', gridWith(2));
  const planned = async () => {
    const { stdout } = await bench(['plan', ...grid.flags, '--json'], { cwd: grid.folder });
    return JSON.parse(stdout).cells.map(({ status }: { status: string }) => status);
  };
  expect((await run(grid)).code).toBe(0);
  write('beside.mjs', 'export const scale = 3;');
  expect(await planned()).toEqual(['cached']);
  write('mine.mjs', `${program}// Another one.\n`);
  expect(await planned()).not.toEqual(['cached']);
  write('mine.mjs', program);
  write('grid.yaml', gridWith(4));
  expect(await planned()).not.toEqual(['cached']);
});
