import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readGrowth, writeGrowth } from '@attribution-bench/runner';
import { type Backend, openBackend, openStore } from '@attribution-bench/store';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { bucket, installedServers, type S3Server, startS3, whyNoServer } from '../../packages/store/test/s3/server.js';
import { bench, start } from './command.js';
import { boardBytes, type GridFolder, gridFolder, smallGrid } from './small-grid.js';

if (whyNoServer !== undefined) console.log(`results in buckets are not tested here: ${whyNoServer}`);

const tiny = smallGrid
  .replace('train: 120', 'train: 60')
  .replace(/ {2}- use: trak\n.*\n/, '')
  .replace(/select: .*\n/, '');

/** A grid folder whose results are in a bucket. */
function inBucket(prefix: string): GridFolder & { readonly url: string; readonly store: Backend } {
  const { folder } = gridFolder(tiny);
  const url = `s3://${bucket}/${prefix}`;
  const results = join(folder, 'results/s3', bucket, prefix);
  return { folder, results, url, flags: ['-c', 'grid.yaml', '--results', url], store: openBackend(`${url}/store`) };
}

async function namesIn(backend: Backend): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of backend.list('')) names.push(name);
  return names;
}

async function keysIn(backend: Backend): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const { kind, key } of openStore(backend).list()) keys.add(`${kind}/${key}`);
  return keys;
}

describe.skipIf(whyNoServer !== undefined)('results in a bucket', () => {
  let server: S3Server;
  const alone = gridFolder(tiny);
  const shared = inBucket('shared');
  const run = (args: readonly string[]) => bench(args, { cwd: shared.folder, env: server.env });

  beforeAll(async () => {
    server = await startS3(installedServers[0]);
    for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
    const { code, stderr } = await bench(['grid', ...alone.flags, '--progress', 'none'], { cwd: alone.folder });
    expect(code, stderr).toBe(0);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server.stop();
  });

  test('are those of a folder, though one of two processes that share the work is killed', async () => {
    const { folder, flags, store } = shared;
    const both = [0, 1].map(() =>
      start(['grid', ...flags, '--progress', 'none', '--jobs', '1'], { cwd: folder, env: server.env }),
    );
    while ((await openStore(store).keysOf('retrain')).size === 0 && both[0].process.exitCode === null);
    both[0].process.kill('SIGKILL');
    await both[0].ending;
    const before = await keysIn(store);
    expect(before.size).toBeGreaterThan(0);
    const { code, stderr } = await both[1].ending;
    expect(code, stderr).toBe(0);
    expect(boardBytes(shared)).toBe(boardBytes(alone));
    const after = await keysIn(store);
    expect([...before].filter((key) => !after.has(key))).toEqual([]);
    expect((await namesIn(store)).filter((name) => name.endsWith('.claim'))).toEqual([]);
  });

  test('are found by what reads them, and leave no credentials behind', async () => {
    const { flags, url, results } = shared;
    for (const [args, says] of [
      [['plan', ...flags], '2 cells (2 cached)'],
      [['status', '--results', url], 'finished'],
    ] as const) {
      const { code, stdout, stderr } = await run(args);
      expect(code, stderr).toBe(0);
      expect(stdout + stderr).toContain(says);
    }
    const files = readdirSync(results, { recursive: true }).map((name) => join(results, String(name)));
    const written = files.filter((file) => statSync(file).isFile());
    expect(written.length).toBeGreaterThan(5);
    expect(written.filter((file) => readFileSync(file).includes(server.env.AWS_SECRET_ACCESS_KEY))).toEqual([]);
  });

  test('keep how far truths were grown, of however many that write it at once the furthest', async () => {
    const grown = (reached: number) => ({
      block: 12,
      looks: 8,
      top: 1,
      margin: 0.02,
      reached: 12 * reached,
      truth: 'x',
    });
    const looks = [3, 1, 6, 2, 5, 4];
    const written = looks.map((look) =>
      writeGrowth(shared.url, 'small', { tiny: grown(look), [`at-${look}`]: grown(look) }),
    );
    await Promise.all(written);
    const kept = await readGrowth(shared.url, 'small');
    expect(Object.fromEntries(Object.entries(kept).map(([task, { reached }]) => [task, reached / 12]))).toEqual({
      tiny: 6,
      ...Object.fromEntries(looks.map((look) => [`at-${look}`, look])),
    });
    expect((await namesIn(shared.store)).filter((name) => name.endsWith('.claim'))).toEqual([]);
    await openBackend(shared.url).remove('growth/small.json');
  });

  test('are copied into a folder and back, what is missing and sound', async () => {
    const { url, store, folder } = shared;
    const claim = `fit/00/${'0'.repeat(64)}.claim`;
    await store.put(claim, [Buffer.from('{}')]);
    const copied = openBackend(join(folder, 'copied/store'));
    const first = await run(['store', 'copy', url, 'copied']);
    expect(first.code, first.stderr).toBe(0);
    expect(await namesIn(copied)).toEqual((await namesIn(store)).filter((name) => name !== claim));
    expect((await run(['store', 'copy', url, 'copied'])).stdout).toMatch(/^copied: 0 objects, 0 B; there already: \d+/);
    const report = await run(['report', '-c', 'grid.yaml', '--results', 'copied']);
    expect(report.code, report.stderr).toBe(0);
    expect(boardBytes({ folder, results: join(folder, 'copied'), flags: [] })).toBe(boardBytes(alone));

    const [bad] = (await namesIn(copied)).filter((name) => name.startsWith('score/') && name.endsWith('.safetensors'));
    const file = copied.place(bad);
    const content = readFileSync(file);
    content[content.length - 1] ^= 1;
    writeFileSync(file, content);
    const back = await run(['store', 'copy', 'copied', `s3://${bucket}/back`]);
    expect([back.code, back.stderr]).toEqual([1, expect.stringContaining(`not copied: ${file} has an array "scores"`)]);
    const there = openBackend(`s3://${bucket}/back/store`);
    const missing = (await namesIn(copied)).filter((name) => name !== bad);
    expect((await namesIn(there)).filter((name) => !name.endsWith('/newest'))).toEqual(
      missing.filter((name) => !name.endsWith('/newest')),
    );
  });
});
