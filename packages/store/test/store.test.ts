import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type NdArray, sha256 } from '@attribution-bench/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openStore, type SetAside } from '../src/index.js';
import { temporaryFolder } from './folder.js';

const ref = { kind: 'score', key: sha256('a') };
const sample = {
  arrays: {
    labels: { shape: [3], data: Uint8Array.of(1, 2, 3) },
    scores: { shape: [2, 2], data: Float32Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY) },
    precise: { shape: [1], data: Float64Array.of(Math.PI) },
    index: { shape: [0, 4], data: new Int32Array(0) },
  },
  metadata: { label: 'ünïcode', b: '2' },
};

const ndArray: fc.Arbitrary<NdArray> = fc.oneof(
  fc.float32Array({ maxLength: 20 }).map((data) => ({ shape: [data.length], data })),
  fc.float64Array({ maxLength: 20 }).map((data) => ({ shape: [1, data.length], data })),
  fc.int32Array({ maxLength: 20 }).map((data) => ({ shape: [data.length, 1], data })),
  fc.uint8Array({ maxLength: 20 }).map((data) => ({ shape: [data.length], data })),
);
const arrayName = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_./ é-]{0,20}$/);

describe('writing and reading', () => {
  it('gives back every array and all metadata, to the bit', async () => {
    const folder = temporaryFolder();
    const store = openStore(folder);
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(arrayName, ndArray, { maxKeys: 5 }),
        fc.dictionary(arrayName, fc.string(), { maxKeys: 5 }),
        async (arrays, metadata) => {
          await store.write(ref, { arrays, metadata });
          const read = await store.read(ref);
          expect({ ...read.metadata }).toEqual(metadata);
          expect(Object.keys(read.arrays).sort()).toEqual(Object.keys(arrays).sort());
          for (const [name, { shape, data }] of Object.entries(arrays)) {
            expect(read.arrays[name].shape).toEqual(shape);
            expect(Buffer.from(read.arrays[name].data.buffer)).toEqual(
              Buffer.from(data.buffer, data.byteOffset, data.byteLength),
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('writes the same bytes whatever the order of arrays and metadata', async () => {
    const store = openStore(temporaryFolder());
    const other = { kind: 'score', key: sha256('b') };
    await store.write(ref, sample);
    await store.write(other, {
      arrays: Object.fromEntries(Object.entries(sample.arrays).reverse()),
      metadata: { b: '2', label: 'ünïcode' },
    });
    expect(readFileSync(store.file(ref))).toEqual(readFileSync(store.file(other)));
  });

  it('follows the safetensors layout, aligned and without gaps', async () => {
    const store = openStore(temporaryFolder());
    await store.write(ref, sample);
    const bytes = readFileSync(store.file(ref));
    const length = Number(bytes.readBigUInt64LE(0));
    const { __metadata__, ...arrays } = JSON.parse(bytes.toString('utf8', 8, 8 + length));
    expect(length % 8).toBe(0);
    expect(Object.values(__metadata__).every((value) => typeof value === 'string')).toBe(true);
    expect(arrays).toEqual({
      precise: { dtype: 'F64', shape: [1], data_offsets: [0, 8] },
      index: { dtype: 'I32', shape: [0, 4], data_offsets: [8, 8] },
      scores: { dtype: 'F32', shape: [2, 2], data_offsets: [8, 24] },
      labels: { dtype: 'U8', shape: [3], data_offsets: [24, 27] },
    });
    expect(bytes.length).toBe(8 + length + 27);
    expect(bytes.readDoubleLE(8 + length)).toBe(Math.PI);
  });

  it('reads some arrays without the others', async () => {
    const store = openStore(temporaryFolder());
    await store.write(ref, sample);
    const read = await store.readArrays(ref, ['labels']);
    expect(Object.keys(read.arrays)).toEqual(['labels']);
    await expect(store.readArrays(ref, ['nothing'])).rejects.toThrow('no array "nothing"');
  });

  it('says that an artifact is missing', async () => {
    const store = openStore(temporaryFolder());
    await expect(store.read(ref)).rejects.toMatchObject({ code: 'STORE_MISSING', place: store.file(ref) });
    expect(await store.isSound(ref, 1e6)).toBe(false);
  });

  it.each([
    { kind: '../up', key: sha256('a') },
    { kind: 'score', key: '../../etc/passwd' },
    { kind: 'score', key: `${sha256('a')}/..` },
  ])('refuses the reference $kind/$key', async (bad) => {
    const store = openStore(temporaryFolder());
    await expect(async () => store.read(bad)).rejects.toThrow('names no artifact');
  });

  it('refuses names and shapes that cannot be stored', async () => {
    const store = openStore(temporaryFolder());
    const data = Uint8Array.of(1);
    for (const arrays of [
      { __metadata__: { shape: [1], data } },
      { 'a\nb': { shape: [1], data } },
      { a: { shape: [2], data } },
    ])
      await expect(store.write(ref, { arrays, metadata: {} })).rejects.toThrow(/cannot name|elements/);
    await expect(store.write(ref, { arrays: {}, metadata: { sha256: 'x' } })).rejects.toThrow('reserved');
    expect(existsSync(store.file(ref))).toBe(false);
  });
});

describe('damage', () => {
  it('finds any flipped bit, sets the file aside and takes the result again', async () => {
    const found: SetAside[] = [];
    const store = openStore(temporaryFolder(), (aside) => found.push(aside));
    await store.write(ref, sample);
    const file = store.file(ref);
    const good = readFileSync(file);
    for (let byte = 0; byte < good.length; byte++) {
      const bad = Buffer.from(good);
      bad[byte] ^= 1 << (byte % 8);
      writeFileSync(file, bad);
      await expect(store.read(ref), `byte ${byte}`).rejects.toMatchObject({ code: 'STORE_CORRUPT', place: file });
      expect(existsSync(file)).toBe(false);
      expect(readFileSync(found[byte].movedTo)).toEqual(bad);
      rmSync(found[byte].movedTo);
    }
    expect(found.length).toBe(good.length);
    await store.write(ref, sample);
    expect((await store.read(ref)).arrays.labels.data).toEqual(sample.arrays.labels.data);
  });

  it('finds any set of changed bytes', async () => {
    const store = openStore(temporaryFolder());
    await store.write(ref, sample);
    const file = store.file(ref);
    const good = readFileSync(file);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 6 }),
        async (changes) => {
          const bad = Buffer.from(good);
          for (const [byte, difference] of changes) bad[byte] ^= difference;
          writeFileSync(file, bad);
          expect(await store.isSound(ref, 1e6)).toBe(bad.equals(good));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('finds every truncation and every extension', async () => {
    const store = openStore(temporaryFolder());
    await store.write(ref, sample);
    const file = store.file(ref);
    const good = readFileSync(file);
    for (let length = 0; length < good.length; length += 3) {
      writeFileSync(file, good);
      truncateSync(file, length);
      await expect(store.readMetadata(ref), `${length} bytes`).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    }
    writeFileSync(file, Buffer.concat([good, Buffer.from([0])]));
    await expect(store.readMetadata(ref)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });

  it('checks only the arrays that are asked for', async () => {
    const store = openStore(temporaryFolder());
    await store.write(ref, sample);
    const file = store.file(ref);
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(file, bytes);
    expect((await store.readArrays(ref, ['scores'])).arrays.scores.shape).toEqual([2, 2]);
    expect(await store.isSound(ref, 0)).toBe(true);
    expect(await store.isSound(ref, 1e6)).toBe(false);
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['a header longer than the file', (b) => Buffer.concat([Buffer.alloc(8, 0x3f), b.subarray(8)])],
    ['an empty file', () => Buffer.alloc(0)],
    ['random bytes', (b) => Buffer.alloc(b.length, 'not a file of ours ')],
  ])('says what is wrong with %s', async (_, damage) => {
    const store = openStore(temporaryFolder());
    await store.write(ref, sample);
    writeFileSync(store.file(ref), damage(readFileSync(store.file(ref))));
    await expect(store.read(ref)).rejects.toMatchObject({ code: 'STORE_CORRUPT', exit: 2 });
  });
});

describe('upkeep', () => {
  const artifact = { arrays: { x: { shape: [1], data: Uint8Array.of(1) } }, metadata: {} };

  it('lists what is stored by kind and key', async () => {
    const store = openStore(temporaryFolder());
    const refs = ['a', 'b', 'c'].map((text) => ({ kind: 'retrain', key: sha256(text) }));
    for (const each of [...refs, ref]) await store.write(each, artifact);
    const listed: string[] = [];
    for await (const { kind, key, bytes } of store.list()) {
      expect(bytes).toBeGreaterThan(100);
      listed.push(`${kind}/${key}`);
    }
    expect(listed).toEqual([...refs, ref].map(({ kind, key }) => `${kind}/${key}`).sort());
    for await (const { kind } of store.list('score')) expect(kind).toBe('score');
  });

  it('keeps costs beside artifacts and shrugs off a damaged one', async () => {
    const store = openStore(temporaryFolder());
    expect(await store.readCost(ref)).toBeUndefined();
    await store.write(ref, artifact);
    await store.writeCost(ref, { seconds: 1.5, peakRssBytes: 10 });
    expect(await store.readCost(ref)).toEqual({ seconds: 1.5, peakRssBytes: 10 });
    writeFileSync(store.file(ref).replace('safetensors', 'cost.json'), '{"seconds":');
    expect(await store.readCost(ref)).toBeUndefined();
  });

  it('collects what is not kept, tells before it removes', async () => {
    const store = openStore(temporaryFolder());
    const old = { kind: 'score', key: sha256('old') };
    const bad = { kind: 'fit', key: sha256('bad') };
    for (const each of [ref, old, bad]) await store.write(each, artifact);
    await store.writeCost(old, { seconds: 1, peakRssBytes: 1 });
    writeFileSync(store.file(bad), 'rubbish');
    await store.isSound(bad, 1e6);
    const foreign = join(dirname(store.file(old)), 'notes.txt');
    writeFileSync(foreign, 'mine');
    const dry = await store.collect(new Set([ref.key]), { remove: false });
    expect(dry.files.length).toBe(3);
    expect(existsSync(store.file(old))).toBe(true);
    expect(await store.collect(new Set([ref.key]), { remove: true })).toEqual(dry);
    expect([existsSync(store.file(old)), existsSync(store.file(ref)), existsSync(foreign)]).toEqual([
      false,
      true,
      true,
    ]);
    expect(dry.kept).toBe(1);
  });

  it('removes what dead processes left behind and nothing of the living', async () => {
    const store = openStore(temporaryFolder());
    const folder = dirname(store.file(ref));
    mkdirSync(folder, { recursive: true });
    await store.write(ref, artifact);
    const mine = await temporaryNameInUse(store.file(ref), store);
    const dead = mine.replace(String(process.pid), '4194304');
    const elsewhere = mine.replace(/tmp-[0-9a-f]{8}/, 'tmp-00000000');
    for (const name of [mine, dead, elsewhere]) writeFileSync(join(folder, name), 'half');
    expect(await store.removeLeftovers()).toBe(1);
    expect(
      readdirSync(folder)
        .filter((name) => name.includes('.tmp-'))
        .sort(),
    ).toEqual([elsewhere, mine].sort());
  });
});

/** Name of the temporary file that a write is using, seen from inside the write. */
async function temporaryNameInUse(file: string, store: ReturnType<typeof openStore>): Promise<string> {
  const { writeAtomically } = await import('../src/index.js');
  let seen = '';
  await writeAtomically(`${file}.x`, async (handle) => {
    seen = readdirSync(dirname(file)).find((name) => name.includes('.tmp-')) ?? '';
    await handle.writeFile('x');
  });
  expect(store.folder).not.toBe('');
  return seen.replace('.x.tmp', '.tmp');
}
