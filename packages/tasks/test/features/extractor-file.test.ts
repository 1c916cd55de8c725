import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchError, FeatureExtractor } from '@attribution-bench/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExtractor } from '../../src/features/extractor-file.js';

const bytes = new TextEncoder().encode('weights');
const sha256 = createHash('sha256').update(bytes).digest('hex');
let folder: string;
let server: Server;
let requests = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'extractor-'));
  await writeFile(join(folder, 'model.onnx'), bytes);
  server = createServer((_, response) => {
    requests++;
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const spec = (file: string, checksum: string): FeatureExtractor => ({
  file,
  sha256: checksum,
  size: 0,
  mean: [0],
  std: [1],
  output: '',
  pool: 'flatten',
  layout: 'auto',
  outputLayout: 'auto',
});
const environment = (offline = false) => ({ cacheFolder: join(folder, 'cache'), offline, log() {} });
const local = () => join(folder, 'model.onnx');
const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.onnx`;
const failure = (extractor: FeatureExtractor, offline = false) =>
  readExtractor(extractor, environment(offline)).catch((error: BenchError) => error) as Promise<BenchError>;

describe('readExtractor', () => {
  it('reads a file whose checksum is right', async () => {
    expect(new Uint8Array(await readExtractor(spec(local(), sha256.toUpperCase()), environment()))).toEqual(bytes);
  });

  it('refuses a file with another checksum', async () => {
    const error = await failure(spec(local(), '0'.repeat(64)));
    expect(error.code).toBe('FEATURES_CHECKSUM');
    expect(error.message).toContain(`${sha256}, expected 000`);
  });

  it('says what the checksum is when none is given', async () => {
    const error = await failure(spec(local(), ''));
    expect(error.code).toBe('FEATURES_CHECKSUM');
    expect(error.next).toBe(`set extractor.sha256 to ${sha256}`);
  });

  it.each([
    ['', sha256, 'FEATURES_FILE'],
    ['/nowhere/model.onnx', sha256, 'FEATURES_FILE'],
    ['model.onnx', 'abc', 'FEATURES_CHECKSUM'],
    ['https://nowhere.invalid/model.onnx', '', 'FEATURES_CHECKSUM'],
  ])('refuses file "%s" with checksum "%s"', async (file, checksum, code) => {
    expect((await failure(spec(file, checksum))).code).toBe(code);
  });

  it('downloads once', async () => {
    const offline = await failure(spec(url(), sha256), true);
    expect(offline.code).toBe('FEATURES_FILE');
    for (let time = 0; time < 2; time++)
      expect(new Uint8Array(await readExtractor(spec(url(), sha256), environment()))).toEqual(bytes);
    expect(requests).toBe(1);
  });

  it('keeps nothing of a download that is another file', async () => {
    const error = await failure(spec(url(), '1'.repeat(64)));
    expect(error.code).toBe('FEATURES_CHECKSUM');
    expect(await readdir(join(folder, 'cache', 'extractors'))).toEqual([`${sha256}.onnx`]);
  });
});
