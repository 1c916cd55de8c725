import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startProgram, temporaryFolder, workspace } from './command.js';
import { gridFolder } from './small-grid.js';

const command = join(workspace, 'packages/bench/bin/bench.js');

/** A user's folders, empty; `written` lists what is in them. */
function emptyFolders() {
  const root = temporaryFolder();
  const folders = { HOME: 'home', XDG_CACHE_HOME: 'cache', XDG_CONFIG_HOME: 'config', TMPDIR: 'tmp' };
  const env = Object.fromEntries(Object.entries(folders).map(([name, folder]) => [name, join(root, folder)]));
  for (const folder of Object.values(env)) mkdirSync(folder);
  return { env, written: () => readdirSync(root, { recursive: true, encoding: 'utf8' }).sort() };
}

const nothing = ['cache', 'config', 'home', 'tmp'];
const remembered = [
  'cache',
  'cache/attribution-bench',
  'cache/attribution-bench/code.json',
  'cache/attribution-bench/probes',
  expect.stringMatching(/^cache\/attribution-bench\/probes\/[0-9a-f]{12}\.json$/),
  'config',
  'home',
  'tmp',
];

test('a grid and its plan write nothing outside the results folder but what they remember in the cache, and keep no telemetry', async () => {
  const { folder, flags } = gridFolder();
  const { env, written } = emptyFolders();
  const commands: [string[], RegExp][] = [
    [
      ['plan', ...flags],
      /^4 cells \(4 missing\); about .*\n\ntask .*\ntiny .*\n\nmethod .*\n[\s\S]*bench plan --verbose lists every cell\n$/,
    ],
    [['grid', ...flags, '--jobs', '2'], /^tiny\nLinear datamodeling score/],
    [
      ['plan', ...flags, '-v'],
      /^4 cells \(4 cached\); .*\n\ntask .*\n.*\n\ncell .*\ntiny\/random .*\n(tiny\/.*\n){3}$/,
    ],
    [['doctor'], /ONNX Runtime/],
  ];
  for (const [args, shown] of commands) {
    const { code, stdout, stderr } = await startProgram(process.execPath, [command, ...args], { cwd: folder, env })
      .ending;
    expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
    expect(stdout).toMatch(shown);
    expect(written()).toEqual(remembered);
  }
});

test('whoever imports a package directly has telemetry off too, and a worker thread that could not turn it off refuses', async () => {
  const numerics = JSON.stringify(join(workspace, 'packages/numerics/dist/index.js'));
  const multiply = `const { matmul } = await import(${numerics});
    console.log((await matmul(Float32Array.of(1, 2), Float32Array.of(3, 4), { m: 1, k: 2, n: 1 }))[0]);`;
  const inWorker = `const { Worker } = await import('node:worker_threads');
    await new Promise((resolve, reject) => {
      const worker = new Worker('import(' + ${JSON.stringify(numerics)} + ').catch((e) => console.log(e.code))', { eval: true });
      worker.on('error', reject).on('exit', resolve);
    });`;
  const { env, written } = emptyFolders();
  for (const [script, printed] of [
    [multiply, '11\n'],
    [inWorker, 'TELEMETRY_ON\n'],
  ]) {
    const variables = { ...env, ORT_DISABLE_TELEMETRY: '0' };
    const args = ['--input-type=module', '-e', script];
    const { stdout, stderr } = await startProgram(process.execPath, args, { env: variables }).ending;
    expect({ stdout, stderr }).toEqual({ stdout: printed, stderr: '' });
    expect(written()).toEqual(nothing);
  }
});
