import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { BenchError } from '@attribution-bench/contract';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { download } from '../src/data/download.js';
import { parseIdx } from '../src/data/idx.js';
import { prepareData } from '../src/index.js';
import { specOf } from './support/tasks.js';

const idx = (shape: readonly number[], body: readonly number[], type = 8) => {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, type, shape.length]);
  for (const [axis, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * axis);
  return Buffer.concat([header, Buffer.from(body)]);
};
const images = idx([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'idx-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('IDX files are read, gzipped or not', () => {
  for (const file of [images, gzipSync(images)]) {
    const { shape, data } = parseIdx(file, 3, 1 << 20, 'x');
    expect(shape).toEqual([2, 2, 2]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  }
});

test.each([
  ['empty', Buffer.alloc(0), 'is truncated: 0 bytes'],
  ['cut in the header', images.subarray(0, 10), 'is truncated: its header ends after 10 of 16 bytes'],
  ['cut in the body', images.subarray(0, 20), 'is truncated: 2 × 2 × 2 is 8 bytes, found 4'],
  ['too long', Buffer.concat([images, Buffer.alloc(3)]), 'is longer than its header says'],
  ['another format', Buffer.from('PNG picture file'), 'is not the IDX file it should be: starts with 50 4e 47 20'],
  ['another element type', idx([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8], 13), 'starts with 00 00 0d 03'],
  ['labels for images', idx([8], [1, 2, 3, 4, 5, 6, 7, 8]), 'starts with 00 00 08 01, expected 00 00 08 03'],
  ['a cut gzip', gzipSync(images).subarray(0, 20), 'is a truncated or damaged gzip file'],
])('%s: one clear error', (_name, file, message) => {
  expect(() => parseIdx(file, 3, 1 << 20, 'file.gz')).toThrow(message);
  expect(() => parseIdx(file, 3, 1 << 20, 'file.gz')).toThrow(BenchError);
});

describe('a dataset in four IDX files', () => {
  const spec = (path: string) => specOf({ data: { use: 'mnist', train: 10, queries: 2, path }, model: 'logistic' });
  const environment = () => ({ cacheFolder: folder, offline: true, log() {} });
  const failure = (path: string) =>
    prepareData(spec(path), environment()).then(
      () => undefined,
      (error: BenchError) => error,
    );

  test('missing and offline: says where to put the files', async () => {
    const error = await failure('');
    expect(error?.code).toBe('DATA_MISSING');
    expect(error?.line).toContain(`put the four IDX files into ${join(folder, 'mnist')}`);
  });

  test('missing from the given folder: names it', async () => {
    const error = await failure(join(folder, 'nowhere'));
    expect(error?.line).toContain(
      `found no train-images-idx3-ubyte or train-images-idx3-ubyte.gz in ${folder}/nowhere`,
    );
    expect(error?.next).toContain('data.path');
  });

  test('a wrong number of images is named before the checksum', async () => {
    await writeFile(join(folder, 'train-images-idx3-ubyte'), idx([1, 28, 28], new Array(784).fill(0)));
    expect((await failure(folder))?.message).toBe('holds 1 × 28 × 28 values, expected 60000 × 28 × 28');
  });

  test('the right shape with other contents fails the checksum', async () => {
    const body = Buffer.alloc(60_000 * 784);
    await writeFile(join(folder, 'train-images-idx3-ubyte'), Buffer.concat([idx([60_000, 28, 28], []), body]));
    const error = await failure(folder);
    expect(error?.code).toBe('DATA_CHECKSUM');
    expect(error?.message).toContain('is not the published train-images-idx3-ubyte');
  });
});

describe('downloads', () => {
  const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
  let server: Server;
  let base: string;
  let requests: (string | undefined)[];
  let cutAfter: number | undefined;
  const good = async (file: string) => {
    if (!(await readFile(file)).equals(content)) throw new BenchError({ code: 'DATA_CHECKSUM', message: 'wrong file' });
  };

  beforeEach(async () => {
    requests = [];
    cutAfter = undefined;
    server = createServer((request, response) => {
      if (request.url === '/gone') return response.writeHead(404).end();
      requests.push(request.headers.range);
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from });
      if (cutAfter === undefined) return response.end(content.subarray(from));
      return response.write(content.subarray(from, cutAfter), () => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  test('a download that broke off goes on where it stopped', async () => {
    const target = join(folder, 'cache', 'file.bin');
    cutAfter = 40_000;
    await expect(download([`${base}/file`], target, good, () => {})).rejects.toThrow('could not be downloaded');
    cutAfter = undefined;
    await download([`${base}/file`], target, good, () => {});
    expect(await readFile(target)).toEqual(content);
    expect(requests[0]).toBeUndefined();
    expect(requests[1]).toMatch(/^bytes=\d+-$/);
    expect(await readdir(join(folder, 'cache'))).toEqual(['file.bin']);
  });

  test('the next address is tried when one fails, and all are named when none works', async () => {
    const target = join(folder, 'file.bin');
    await download([`${base}/gone`, `${base}/file`], target, good, () => {});
    expect(await readFile(target)).toEqual(content);
    const failed = download([`${base}/gone`, 'http://127.0.0.1:1/x'], join(folder, 'b'), good, () => {});
    await expect(failed).rejects.toThrow(/gone: HTTP 404; http:\/\/127\.0\.0\.1:1\/x: /);
  });

  test('a wrong file is refused and not kept', async () => {
    const target = join(folder, 'file.bin');
    const refuse = async () => {
      throw new BenchError({ code: 'DATA_CHECKSUM', message: 'wrong file' });
    };
    await expect(download([`${base}/file`], target, refuse, () => {})).rejects.toThrow('wrong file');
    expect(await readdir(folder)).toEqual([]);
  });

  test('two at once download one file once', async () => {
    const target = join(folder, 'file.bin');
    await Promise.all([1, 2].map(() => download([`${base}/file`], target, good, () => {})));
    expect(requests).toHaveLength(1);
  });
});

test('a file that unpacks to more than it may is stopped there', () => {
  const bomb = gzipSync(Buffer.alloc(4 << 20));
  expect(() => parseIdx(bomb, 3, 1 << 20, 'file.gz')).toThrow('unpacks to more than 1048576 bytes');
});
