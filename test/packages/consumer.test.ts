import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type Ending, startProgram, temporaryFolder, workspace } from '../e2e/command.js';

interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const npm = (args: readonly string[], cwd: string): Promise<Ending> =>
  (process.platform === 'win32'
    ? startProgram('cmd.exe', ['/d', '/c', 'npm', ...args], { cwd })
    : startProgram('npm', args, { cwd })
  ).ending;

const tarballs = temporaryFolder();
let packed: readonly Packed[];
beforeAll(async () => {
  const folders = readdirSync(join(workspace, 'packages'))
    .map((name) => `./packages/${name}`)
    .filter((folder) => existsSync(join(workspace, folder, 'package.json')));
  const { code, stdout, stderr } = await npm(
    ['pack', ...folders, '--json', '--ignore-scripts', '--pack-destination', tarballs],
    workspace,
  );
  expect(code, stderr).toBe(0);
  packed = JSON.parse(stdout);
}, 240_000);

test('every tarball holds what is built, its types, sources, README and license, and neither tests nor build state', () => {
  for (const { name, files } of packed) {
    const paths = files.map(({ path }) => path);
    expect(paths, name).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    expect(
      paths.filter((path) => path.endsWith('.tsbuildinfo') || /^(test|simulations|examples)\//.test(path)),
      name,
    ).toEqual([]);
    const modules = paths.filter((path) => /^src\/.*\.ts$/.test(path) && !path.endsWith('.d.ts'));
    expect(modules.length, name).toBeGreaterThan(0);
    for (const module of modules) {
      const built = module.replace('src/', 'dist/').replace(/\.ts$/, '');
      expect(paths, name).toEqual(expect.arrayContaining([`${built}.js`, `${built}.js.map`, `${built}.d.ts`]));
    }
  }
});

const ownMethod = `import { defineMethod } from '@attribution-bench/contract';

export default defineMethod({
  id: 'same-label', title: 'Same label', family: 'similarity', origin: 'baseline', cite: 'none', revision: 1,
  scoreShape: 'pairwise', tasks: ['classifier'], needs: ['labels'], params: {},
  async score(ctx) {
    const [train, queries] = [ctx.labels('train'), ctx.labels('queries')];
    return Float32Array.from({ length: queries.length * train.length }, (_, i) =>
      queries[Math.floor(i / train.length)] === train[i % train.length] ? 1 : 0,
    );
  },
});
`;

const grid = `schema: bench/grid@1
name: consumer
seed: 5
tasks:
  - id: digits
    data: { use: digits, train: 80, queries: 8 }
    model: { use: logistic, epochs: 5, batch: 32, lr: 0.1 }
    target: margin
truth: { subsets: 16, fraction: 0.5, retrainSeeds: 1 }
methods:
  - use: random
  - { use: trak, params: { projDim: 32 } }
  - use: ./same-label.mjs
metrics: [lds]
report: { resamples: 100 }
`;

test('a project that installed the tarballs runs a grid with a method of its own', async () => {
  const project = temporaryFolder();
  // A consumer names the command and the methods; the rest of the scope is named too, since no registry has it yet.
  const dependencies = Object.fromEntries(
    packed.map(({ name, filename }) => [name, `file:${join(tarballs, filename)}`]),
  );
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  writeFileSync(join(project, 'same-label.mjs'), ownMethod);
  writeFileSync(join(project, 'grid.yaml'), grid);
  mkdirSync(join(project, 'results'));
  const install = await npm(['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], project);
  expect(install.code, install.stderr).toBe(0);

  const run = await npm(
    [
      'exec',
      '--offline',
      '--no',
      '--',
      'bench',
      'grid',
      '--config',
      'grid.yaml',
      '--results',
      'results',
      '--progress',
      'plain',
    ],
    project,
  );
  expect(run.code, run.stderr).toBe(0);
  const board = JSON.parse(readFileSync(join(project, 'results/boards/consumer/board.json'), 'utf8'));
  const rows = (board.rows as { method: string; status: string }[]).map(({ method, status }) => [method, status]);
  expect(rows.toSorted()).toEqual([
    ['random', 'ok'],
    ['same-label', 'ok'],
    ['trak', 'ok'],
  ]);
}, 400_000);
