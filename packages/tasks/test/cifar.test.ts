import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CifarArchive, cifar10, loadCifar } from '../src/data/cifar.js';
import { rowValues } from './support/row-values.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cifar-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const quiet = { log: () => {} };
const recordBytes = 3073;

/** Record i of batch b has label (b + i) mod 10 and channel values 10 b + i, 100 + i, 200 + i, the last pixel of red 7. */
function batch(b: number, records: number): Buffer {
  const bytes = Buffer.alloc(records * recordBytes);
  for (let i = 0; i < records; i++) {
    const at = i * recordBytes;
    bytes[at] = (b + i) % 10;
    bytes.fill(10 * b + i, at + 1, at + 1025);
    bytes.fill(100 + i, at + 1025, at + 2049);
    bytes.fill(200 + i, at + 2049, at + 3073);
    bytes[at + 1024] = 7;
  }
  return bytes;
}

async function writeArchive(change?: (source: string) => Promise<void>): Promise<CifarArchive> {
  const source = join(folder, 'source', 'cifar-10-batches-bin');
  await mkdir(source, { recursive: true });
  for (let b = 1; b <= 5; b++) await writeFile(join(source, `data_batch_${b}.bin`), batch(b, 4));
  await writeFile(join(source, 'test_batch.bin'), batch(6, 3));
  await writeFile(join(source, 'readme.html'), '<p>not data</p>');
  await change?.(source);
  await create({ file: join(folder, 'cifar-10-binary.tar.gz'), gzip: true, cwd: join(folder, 'source') }, [
    'cifar-10-batches-bin',
  ]);
  return { ...small, md5: await md5(join(folder, 'cifar-10-binary.tar.gz')) };
}

const small: CifarArchive = {
  id: 'cifar10',
  file: 'cifar-10-binary.tar.gz',
  url: 'http://127.0.0.1:9/none',
  md5: '',
  folder: 'cifar-10-batches-bin',
  train: [1, 2, 3, 4, 5].map((b) => `data_batch_${b}.bin`),
  test: 'test_batch.bin',
  labelBytes: 1,
  labelAt: 0,
  trainRecords: 4,
  testRecords: 3,
  classNames: 'airplane automobile bird cat deer dog frog horse ship truck'.split(' '),
};

async function md5(file: string): Promise<string> {
  return createHash('md5')
    .update(await readFile(file))
    .digest('hex');
}

test('the official layout is read: labels first, channels one after another', async () => {
  const archive = await writeArchive();
  const source = await loadCifar(archive, folder, { cacheFolder: folder, ...quiet });
  expect(source.inputShape).toEqual([32, 32, 3]);
  expect(source.train.labels).toEqual(Uint8Array.from([1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6, 7, 5, 6, 7, 8]));
  expect(source.heldout?.labels).toEqual(Uint8Array.from([6, 7, 8]));
  const values = await rowValues(source);
  expect([...values.subarray(0, 6)]).toEqual([10, 100, 200, 10, 100, 200]);
  const width = 3072;
  expect([...values.subarray(2 * width - 3, 2 * width)]).toEqual([7, 101, 201]);
  const rows = Int32Array.of(1, 6, 19);
  const chosen = Array.from(rows).flatMap((row) => [...values.subarray(row * width, (row + 1) * width)]);
  expect([...(await rowValues(source, rows))]).toEqual(chosen);
});

test('the archive itself can be named instead of its folder', async () => {
  const archive = await writeArchive();
  const source = await loadCifar(archive, join(folder, archive.file), { cacheFolder: folder, ...quiet });
  expect(source.train.labels.length).toBe(20);
});

test('a truncated archive is refused by its checksum, and by its contents where the checksum cannot say', async () => {
  const archive = await writeArchive();
  const file = join(folder, archive.file);
  const whole = await readFile(file);
  await writeFile(file, whole.subarray(0, whole.length - 40));
  await expect(loadCifar(archive, folder, { cacheFolder: folder, ...quiet })).rejects.toMatchObject({
    code: 'DATA_CHECKSUM',
    place: file,
    next: 'delete it and get it again',
  });
  const trusted = { ...archive, md5: await md5(file) };
  await expect(loadCifar(trusted, folder, { cacheFolder: folder, ...quiet })).rejects.toMatchObject({
    code: 'DATA_CORRUPT',
    place: file,
  });
});

test('a member of another size, a missing one and a label out of range are named', async () => {
  const short = await writeArchive((source) => writeFile(join(source, 'data_batch_3.bin'), batch(3, 2)));
  const load = (archive: CifarArchive) => loadCifar(archive, folder, { cacheFolder: folder, ...quiet });
  await expect(load(short)).rejects.toThrow('cifar-10-batches-bin/data_batch_3.bin has 6146 bytes, expected 12292');
  const absent = await writeArchive((source) => rm(join(source, 'test_batch.bin')));
  await expect(load(absent)).rejects.toThrow('it holds no whole cifar-10-batches-bin/test_batch.bin');
  const mislabelled = await writeArchive(async (source) => {
    const bytes = batch(2, 4);
    bytes[2 * recordBytes] = 11;
    await writeFile(join(source, 'data_batch_2.bin'), bytes);
  });
  await expect(load(mislabelled)).rejects.toThrow('record 2 has label 11, expected 0 to 9');
});

test('an entry whose path leads out of the archive is not written anywhere', async () => {
  const outside = join(folder, 'escaped.bin');
  const archive = await writeArchive();
  await create(
    { file: join(folder, archive.file), gzip: true, cwd: join(folder, 'source'), preservePaths: true, prefix: '../..' },
    ['cifar-10-batches-bin'],
  );
  const changed = { ...archive, md5: await md5(join(folder, archive.file)) };
  await expect(loadCifar(changed, folder, { cacheFolder: folder, ...quiet })).rejects.toThrow('holds no whole');
  await expect(readFile(outside)).rejects.toThrow('ENOENT');
});

test('an archive that holds much else behind a right checksum is not read to its end', async () => {
  const archive = await writeArchive((source) => writeFile(join(source, 'aaa.bin'), Buffer.alloc(20 << 20)));
  await expect(loadCifar(archive, folder, { cacheFolder: folder, ...quiet })).rejects.toMatchObject({
    code: 'DATA_CORRUPT',
    message: 'holds 20971520 bytes of other files, such as cifar-10-batches-bin/aaa.bin',
  });
});

test('offline, the error says where to put the file', async () => {
  const cacheFolder = join(folder, 'cache');
  await expect(loadCifar(small, '', { cacheFolder, offline: true, ...quiet })).rejects.toMatchObject({
    code: 'DATA_MISSING',
    message: `found no cifar-10-binary.tar.gz at ${join(cacheFolder, 'cifar10', 'cifar-10-binary.tar.gz')}`,
    next: 'run bench data get cifar10 with a network connection, put http://127.0.0.1:9/none there, or set data.path to it',
  });
});

test('a download that broke off goes on where it stopped', async () => {
  const archive = await writeArchive();
  const bytes = await readFile(join(folder, archive.file));
  const ranges: (string | undefined)[] = [];
  const server = await serve((range) => {
    ranges.push(range);
    return bytes;
  });
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${archive.file}`;
    const cacheFolder = join(folder, 'cache');
    await mkdir(join(cacheFolder, 'cifar10'), { recursive: true });
    await writeFile(join(cacheFolder, 'cifar10', `${archive.file}.part`), bytes.subarray(0, 100));
    const source = await loadCifar({ ...archive, url }, '', { cacheFolder, ...quiet });
    expect(source.train.labels.length).toBe(20);
    expect(ranges).toEqual(['bytes=100-']);
  } finally {
    server.close();
  }
});

function serve(contents: (range: string | undefined) => Buffer): Promise<Server> {
  const server = createServer((request, response) => {
    const bytes = contents(request.headers.range);
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(start > 0 ? 206 : 200).end(bytes.subarray(start));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

test('a class of another name is refused before anything is read', () => {
  expect(cifar10.params.classes.items?.choices).toContain('automobile');
});
