import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '@attribution-bench/contract';
import { describe, expect, it } from 'vitest';
import { type Artifact, encodeArtifact } from '../src/format/artifact.js';
import { readTruthPack, type TruthPack, writeTruthPack } from '../src/index.js';
import { temporaryFolder } from './folder.js';

function writeArtifact(file: string, artifact: Artifact): void {
  writeFileSync(file, Buffer.concat(encodeArtifact(artifact)));
}

const pack: TruthPack = {
  task: 'digits-mlp',
  key: sha256('truth'),
  taskKey: sha256('task'),
  engine: 'onnx',
  spec: { id: 'digits-mlp', data: { use: 'digits', train: 11 } },
  train: 11,
  fraction: 0.5,
  retrainSeeds: 2,
  members: [Int32Array.of(0, 3, 7, 8, 10), Int32Array.of(1, 2, 3, 4, 9)],
  outputs: Float32Array.from({ length: 12 }, (_, i) => i / 3),
  losses: Float32Array.of(0.1, 0.2, 0.3, 0.4),
  weights: ['a', 'b', 'c', 'd'].map(sha256),
  queryIds: ['test/5', 'test/9', 'test/11'],
  sanity: { trainAccuracy: 0.98 },
};

describe('truth packs', () => {
  it('come back as they were', async () => {
    const file = join(temporaryFolder(), 'pack.safetensors');
    await writeTruthPack(file, pack);
    expect(await readTruthPack(file)).toEqual(pack);
    await writeTruthPack(file, { ...pack, stratified: true });
    expect(await readTruthPack(file)).toEqual({ ...pack, stratified: true });
  });

  it('keep subsets as bit masks that numpy.unpackbits reads', async () => {
    const file = join(temporaryFolder(), 'pack.safetensors');
    await writeTruthPack(file, pack);
    const bytes = readFileSync(file);
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
    const [start, end] = header.subsets.data_offsets;
    expect([...bytes.subarray(8 + length + start, 8 + length + end)]).toEqual([
      0b10010001, 0b10100000, 0b01111000, 0b01000000,
    ]);
  });

  it('find a flipped bit', async () => {
    const file = join(temporaryFolder(), 'pack.safetensors');
    await writeTruthPack(file, pack);
    const bytes = readFileSync(file);
    bytes[bytes.length - 3] ^= 4;
    writeFileSync(file, bytes);
    await expect(readTruthPack(file)).rejects.toMatchObject({ code: 'TRUTH_PACK_INVALID', place: file });
  });

  it('are reported when missing', async () => {
    await expect(readTruthPack('/nowhere/x.safetensors')).rejects.toMatchObject({ code: 'TRUTH_PACK_MISSING' });
  });

  const base = {
    arrays: {
      subsets: { shape: [1, 1], data: Uint8Array.of(0b11000000) },
      outputs: { shape: [1, 1, 2], data: Float32Array.of(1, 2) },
      losses: { shape: [1, 1], data: Float32Array.of(0.5) },
      weights: { shape: [1, 1, 32], data: new Uint8Array(32) },
    },
    metadata: {
      format: 'bench/truth@1',
      task: 't',
      key: sha256('k'),
      taskKey: sha256('t'),
      engine: 'onnx',
      spec: '{}',
      train: '3',
      fraction: '0.5',
      queryIds: '["a","b"]',
      sanity: '{}',
    },
  };

  it('accept the smallest sensible pack', async () => {
    const file = join(temporaryFolder(), 'pack.safetensors');
    writeArtifact(file, base);
    expect((await readTruthPack(file)).members).toEqual([Int32Array.of(0, 1)]);
  });

  it.each([
    ['another format', { metadata: { format: 'x' } }, 'format'],
    [
      'a point outside the training set',
      { arrays: { subsets: { shape: [1, 1], data: Uint8Array.of(0b10010000) } } },
      'outside',
    ],
    ['an empty subset', { arrays: { subsets: { shape: [1, 1], data: Uint8Array.of(0) } } }, 'sizes'],
    [
      'outputs that are not finite',
      { arrays: { outputs: { shape: [1, 1, 2], data: Float32Array.of(1, Number.NaN) } } },
      'finite',
    ],
    ['outputs of another shape', { arrays: { outputs: { shape: [2], data: Float32Array.of(1, 2) } } }, 'shapes'],
    ['outputs of another type', { arrays: { outputs: { shape: [1, 1, 2], data: Int32Array.of(1, 2) } } }, 'lacks'],
    ['a key that climbs folders', { metadata: { key: '../../x' } }, 'not a key'],
    ['a train size without end', { metadata: { train: '1e400' } }, 'train'],
    ['broken metadata', { metadata: { queryIds: '[' } }, 'JSON'],
  ])('refuse %s', async (_, change: { arrays?: object; metadata?: object }, reason) => {
    const file = join(temporaryFolder(), 'pack.safetensors');
    writeArtifact(file, {
      arrays: { ...base.arrays, ...change.arrays },
      metadata: { ...base.metadata, ...change.metadata },
    });
    await expect(readTruthPack(file)).rejects.toMatchObject({
      code: 'TRUTH_PACK_INVALID',
      message: expect.stringContaining(reason),
    });
  });
});
