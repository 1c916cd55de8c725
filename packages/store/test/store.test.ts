import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { canonicalJson, type NdArray, sha256 } from '@attribution-bench/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openStore, removeLeftovers, type SetAside } from '../src/index.js';
import { temporaryFolder } from './folder.js';
import { outputOf } from './outputs.js';

const ref = outputOf('score', 'a');
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
          expect({ ...read.metadata }).toEqual({ ...metadata, made: canonicalJson(ref.made) });
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
    await store.write(ref, sample);
    const before = readFileSync(store.place(ref));
    await store.write(ref, {
      arrays: Object.fromEntries(Object.entries(sample.arrays).reverse()),
      metadata: { b: '2', label: 'ünïcode' },
    });
    expect(readFileSync(store.place(ref))).toEqual(before);
  });

  it('follows the safetensors layout, aligned and without gaps', async () => {
    const store = openStore(temporaryFolder());
    await store.write(ref, sample);
    const bytes = readFileSync(store.place(ref));
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
    await expect(store.read(ref)).rejects.toMatchObject({ code: 'STORE_MISSING', place: store.place(ref) });
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
    expect(existsSync(store.place(ref))).toBe(false);
  });
});

describe('damage', () => {
  it('finds any flipped bit, sets the file aside and takes the result again', async () => {
    const found: SetAside[] = [];
    const store = openStore(temporaryFolder(), (aside) => found.push(aside));
    await store.write(ref, sample);
    const file = store.place(ref);
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
    const file = store.place(ref);
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
    const file = store.place(ref);
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
    const file = store.place(ref);
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
    writeFileSync(store.place(ref), damage(readFileSync(store.place(ref))));
    await expect(store.read(ref)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });
});

describe('what is not what its name says', () => {
  const other = outputOf('score', 'b');
  const sameMade = outputOf('fit', 'a');

  it.each([
    ['another result of the kind', other],
    ['a result of another kind', sameMade],
  ])('%s in its place is set aside, however it is read', async (_, stranger) => {
    const found: SetAside[] = [];
    const store = openStore(temporaryFolder(), (aside) => found.push(aside));
    await store.write(ref, sample);
    await store.write(stranger, sample);
    for (const read of [store.read, store.readMetadata, (of: typeof ref) => store.readArrays(of, ['labels'])]) {
      copyFileSync(store.place(stranger), store.place(ref));
      await expect(read(ref)).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        place: store.place(ref),
        message: expect.stringContaining(
          'is another result than the one that its name stands for; it was set aside as',
        ),
      });
    }
    copyFileSync(store.place(stranger), store.place(ref));
    expect(await store.isSound(ref, 0)).toBe(false);
    expect(found).toHaveLength(4);
    expect(await store.isSound(stranger)).toBe(true);
  });

  it('nothing is stored under a name that is not the hash of what it is made from', async () => {
    const store = openStore(temporaryFolder());
    await expect(store.write({ ...ref, key: other.key }, sample)).rejects.toThrow(
      'is not what its name is the hash of',
    );
    await expect(store.write({ ...ref, kind: 'fit' }, sample)).rejects.toThrow('is not what its name is the hash of');
  });

  it('a cost of another result is not taken for its own, nor one that was altered', async () => {
    const store = openStore(temporaryFolder());
    const costOf = (of: typeof ref) => store.place(of).replace('safetensors', 'cost.json');
    for (const of of [ref, other]) await store.writeCost(of, { seconds: 1.5, peakRssBytes: 10 });
    copyFileSync(costOf(other), costOf(ref));
    expect(await store.readCost(ref)).toBeUndefined();
    writeFileSync(costOf(other), readFileSync(costOf(other), 'utf8').replace('1.5', '0.5'));
    expect(await store.readCost(other)).toBeUndefined();
  });
});

describe('something else in place of a file', () => {
  const inPlace: [string, (file: string) => void][] = [
    ['a folder', (file) => mkdirSync(join(file, 'with something in it'), { recursive: true })],
    ['a folder that nobody may read', (file) => mkdirSync(file, { mode: 0 })],
    ['a named pipe', (file) => void execFileSync('mkfifo', [file])],
    ['a link to a device', (file) => symlinkSync('/dev/zero', file)],
    ['a link to nowhere', (file) => symlinkSync('nowhere', file)],
    ['a link to itself', (file) => symlinkSync(file, file)],
    ['an empty file', (file) => writeFileSync(file, '')],
  ];

  it.each(inPlace)('%s is neither read nor in the way', async (_, put) => {
    const store = openStore(temporaryFolder());
    await store.write(ref, sample);
    await store.writeCost(ref, { seconds: 1, peakRssBytes: 1 });
    for (const file of [store.place(ref), store.place(ref).replace('safetensors', 'cost.json')]) {
      rmSync(file);
      put(file);
    }
    expect(await store.isSound(ref)).toBe(false);
    expect(await store.readCost(ref)).toBeUndefined();
    await store.write(ref, sample);
    await store.writeCost(ref, { seconds: 2, peakRssBytes: 2 });
    expect(await store.isSound(ref)).toBe(true);
    expect(await store.readCost(ref)).toEqual({ seconds: 2, peakRssBytes: 2 });
  });

  it.each(inPlace)('%s that comes just before it is written is not in the way either', async (_, put) => {
    const store = openStore(temporaryFolder());
    mkdirSync(dirname(store.place(ref)), { recursive: true });
    put(store.place(ref));
    await store.write(ref, sample);
    expect(await store.isSound(ref)).toBe(true);
  });

  it.each([
    ['a file', (folder: string) => writeFileSync(folder, 'in the way')],
    ['a named pipe', (folder: string) => void execFileSync('mkfifo', [folder])],
    ['a link to nowhere', (folder: string) => symlinkSync('nowhere', folder)],
  ])('%s in place of a folder of the store is set aside', async (_, put) => {
    const found: SetAside[] = [];
    const store = openStore(temporaryFolder(), (aside) => found.push(aside));
    for (const folder of [dirname(store.place(ref)), dirname(dirname(store.place(ref)))]) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(dirname(folder), { recursive: true });
      put(folder);
      expect(await store.isSound(ref)).toBe(false);
      await store.write(ref, sample);
      expect(await store.isSound(ref)).toBe(true);
    }
    expect(found).toHaveLength(2);
  });
});

describe('headers', () => {
  /** The file with its header put through a change, and the checksum over it made right again. */
  function forged(bytes: Buffer, change: (header: string) => string, data?: Buffer): Buffer {
    const length = Number(bytes.readBigUInt64LE(0));
    const text = change(bytes.toString('utf8', 8, 8 + length).trimEnd());
    const head = Buffer.alloc(8 + Math.ceil(Buffer.byteLength(text) / 8) * 8, ' ');
    head.writeBigUInt64LE(BigInt(head.length - 8));
    head.write(text.replace(/"sha256":"[0-9a-f]{64}"/, `"sha256":"${'0'.repeat(64)}"`), 8);
    head.write(sha256(head), 8 + '{"__metadata__":{"sha256":"'.length);
    return Buffer.concat([head, data ?? bytes.subarray(8 + length)]);
  }

  it.each<[string, (header: string) => string]>([
    [
      'an array twice',
      (h) => h.replace(/("labels":\{.*?\})/, '"labels":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},$1'),
    ],
    ['metadata twice', (h) => h.replace('"label":', '"label":"other","label":')],
    ['two identities', (h) => h.replace('"made":', '"made":"{}","made":')],
    ['a checksum twice', (h) => h.replace('"sha256:labels":', `"sha256:labels":"${'0'.repeat(64)}","sha256:labels":`)],
    ['other white space', (h) => h.replace('","', '", "')],
    ['a member nobody knows', (h) => h.replace('"dtype":"U8"', '"dtype":"U8","more":1')],
    ['ranges that overlap', (h) => h.replace('[24,27]', '[23,26]')],
    ['a range beyond the end', (h) => h.replace('[24,27]', '[24,9007199254740991]')],
    ['a range that ends before it begins', (h) => h.replace('[24,27]', '[27,24]')],
    ['a negative range', (h) => h.replace('[24,27]', '[-3,0]')],
    ['a shape whose product is 2^64', (h) => h.replace('"shape":[3]', '"shape":[4294967296,4294967296]')],
    ['a shape that is 0 and infinite', (h) => h.replace('"shape":[3]', '"shape":[1e308,1e308,0]')],
    ['a shape of fractions', (h) => h.replace('"shape":[3]', '"shape":[1.5,2]')],
    ['a type nobody knows', (h) => h.replace('"U8"', '"BF16"')],
  ])('that say %s are refused though their checksum is right', async (_, change) => {
    const store = openStore(temporaryFolder());
    await store.write(ref, sample);
    const good = readFileSync(store.place(ref));
    expect(forged(good, (header) => header)).toEqual(good);
    const bad = forged(good, change);
    expect(bad).not.toEqual(good);
    writeFileSync(store.place(ref), bad);
    await expect(store.read(ref)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });

  it.each([100_000_001n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n])('of %d bytes are not believed', async (length) => {
    const store = openStore(temporaryFolder());
    await store.write(ref, sample);
    const bytes = readFileSync(store.place(ref));
    bytes.writeBigUInt64LE(length);
    writeFileSync(store.place(ref), bytes);
    await expect(store.read(ref)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });

  it('that describe more than fits into memory, in a file with a hole of that size, are refused', async () => {
    const store = openStore(temporaryFolder());
    await store.write(ref, sample);
    const size = 2 ** 40;
    const head = forged(
      readFileSync(store.place(ref)),
      (h) => h.replace('"shape":[3],"data_offsets":[24,27]', `"shape":[${size}],"data_offsets":[24,${24 + size}]`),
      Buffer.alloc(24),
    );
    writeFileSync(store.place(ref), head);
    truncateSync(store.place(ref), head.length + size);
    await expect(store.read(ref)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringMatching(/fails its checksum|more than fit into memory/),
    });
  });

  it('with arrays named by numbers read as they were written', async () => {
    const store = openStore(temporaryFolder());
    const arrays = { 0: { shape: [1], data: Uint8Array.of(1) }, 17: { shape: [1], data: Float32Array.of(2) } };
    await store.write(ref, { arrays, metadata: { 5: 'five', label: 'x' } });
    expect({ ...(await store.read(ref)).arrays }).toEqual(arrays);
  });
});

it.skipIf(process.platform !== 'linux')('no file stays open, whatever was found in it', async () => {
  const store = openStore(temporaryFolder());
  const openFiles = () => readdirSync('/proc/self/fd').length;
  await store.write(ref, sample);
  const before = openFiles();
  const good = readFileSync(store.place(ref));
  for (let n = 0; n < 200; n++) {
    writeFileSync(store.place(ref), n % 2 === 0 ? good : good.subarray(0, n));
    await store.isSound(ref);
    await store.readCost(ref);
    rmSync(`${store.place(ref)}.corrupt-1`, { force: true });
  }
  expect(openFiles()).toBeLessThanOrEqual(before);
});

describe('upkeep', () => {
  const artifact = { arrays: { x: { shape: [1], data: Uint8Array.of(1) } }, metadata: {} };

  it('lists what is stored by kind and key', async () => {
    const store = openStore(temporaryFolder());
    const refs = ['a', 'b', 'c'].map((name) => outputOf('retrain', name));
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
    writeFileSync(store.place(ref).replace('safetensors', 'cost.json'), '{"seconds":');
    expect(await store.readCost(ref)).toBeUndefined();
  });

  it('collects what is not kept, tells before it removes', async () => {
    const store = openStore(temporaryFolder());
    const old = outputOf('score', 'old');
    const bad = outputOf('fit', 'bad');
    for (const each of [ref, old, bad]) await store.write(each, artifact);
    await store.writeCost(old, { seconds: 1, peakRssBytes: 1 });
    writeFileSync(store.place(bad), 'rubbish');
    await store.isSound(bad, 1e6);
    const foreign = join(dirname(store.place(old)), 'notes.txt');
    writeFileSync(foreign, 'mine');
    const dry = await store.collect(new Set([ref.key]), { remove: false });
    expect(dry.files.length).toBe(3);
    expect(existsSync(store.place(old))).toBe(true);
    expect(await store.collect(new Set([ref.key]), { remove: true })).toEqual(dry);
    expect([existsSync(store.place(old)), existsSync(store.place(ref)), existsSync(foreign)]).toEqual([
      false,
      true,
      true,
    ]);
    expect(dry.kept).toBe(1);
  });

  it('removes what dead processes left behind and nothing of the living', async () => {
    const store = openStore(temporaryFolder());
    const folder = dirname(store.place(ref));
    mkdirSync(folder, { recursive: true });
    await store.write(ref, artifact);
    const mine = await temporaryNameInUse(store.place(ref), store);
    const dead = mine.replace(String(process.pid), '4194304');
    const elsewhere = mine.replace(/tmp-[0-9a-f]{8}/, 'tmp-00000000');
    for (const name of [mine, dead, elsewhere]) writeFileSync(join(folder, name), 'half');
    const outcome = join(store.location, 'runs/first', dead.replace(/^[0-9a-f]{64}/, 'outcome'));
    mkdirSync(dirname(outcome), { recursive: true });
    writeFileSync(outcome, 'half');
    expect(await removeLeftovers(store.location)).toBe(2);
    expect(existsSync(outcome)).toBe(false);
    expect(
      readdirSync(folder)
        .filter((name) => name.includes('.tmp-'))
        .sort(),
    ).toEqual([elsewhere, mine].sort());
  });
});

/** Name of the temporary file that a write is using, seen while it writes more than it does at once. */
async function temporaryNameInUse(file: string, store: ReturnType<typeof openStore>): Promise<string> {
  const { writeAtomically } = await import('../src/index.js');
  const writing = writeAtomically(`${file}.x`, new Uint8Array(1 << 21));
  const seen = readdirSync(dirname(file)).find((name) => name.includes('.tmp-')) ?? '';
  await writing;
  expect(store.location).not.toBe('');
  return seen.replace('.x.tmp', '.tmp');
}
