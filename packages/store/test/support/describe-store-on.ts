import { toPlainError } from '@attribution-bench/contract';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Backend, type Claim, type Claims, openClaims, openStore, type SetAside } from '../../src/index.js';
import { outputOf } from '../outputs.js';
import { describePacksOn } from './describe-packs-on.js';
import { memoryMedium } from './memory-backend.js';

const ref = outputOf('score', 'a');
const artifact = {
  arrays: {
    scores: { shape: [2, 2], data: Float32Array.of(1.5, -0, 2, 3) },
    // Larger than what is read with the header.
    weights: { shape: [40_000], data: Float64Array.from({ length: 40_000 }, (_, i) => Math.sin(i)) },
  },
  metadata: { label: 'ünïcode' },
};
const failure = toPlainError(new Error('diverged'));

/** That a store, its claims and its upkeep stand on a {@link Backend} and on nothing else. */
export function describeStoreOn(title: string, medium: () => () => Backend): void {
  describe(`a store on ${title}`, () => {
    it('gives back what was written, costs and notes included', async () => {
      const open = medium();
      const store = openStore(open());
      await store.write(ref, artifact);
      await store.writeCost(ref, { seconds: 2, peakRssBytes: 3 });
      await store.writeLatest('digits / trak', ref.made);
      const other = openStore(open());
      const read = await other.read(ref);
      expect({ ...read.arrays }).toEqual(artifact.arrays);
      expect((await other.readArrays(ref, ['scores'])).arrays.scores).toEqual(artifact.arrays.scores);
      expect(await other.decode(ref, ({ metadata }) => metadata.label, ['nothing'])).toBe('ünïcode');
      expect(await other.readCost(ref)).toEqual({ seconds: 2, peakRssBytes: 3 });
      expect(await other.readLatest(ref.kind, 'digits / trak')).toEqual(ref.made);
      expect(await other.readLatest(ref.kind, 'digits / random')).toBeUndefined();
      expect([await other.has(ref), await other.isSound(ref), other.location]).toEqual([true, true, store.location]);
    });

    it('sets aside what is damaged, says so, and takes the artifact again', async () => {
      const backend = medium()();
      const found: SetAside[] = [];
      const store = openStore(backend, (aside) => found.push(aside));
      const name = `score/${ref.key.slice(0, 2)}/${ref.key}.safetensors`;
      await store.write(ref, artifact);
      const content = new Uint8Array((await backend.find(name))?.bytes ?? 0);
      await backend.read(name, content, 0);
      content[content.length - 1] ^= 1;
      await backend.put(name, [content]);
      await expect(openStore(backend, undefined, { moves: false }).read(ref)).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        message: expect.stringContaining('it stays where it is'),
      });
      await expect(store.read(ref)).rejects.toMatchObject({ code: 'STORE_CORRUPT', place: store.place(ref) });
      expect(found.map(({ movedTo }) => movedTo)).toEqual([backend.place(`${name}.corrupt-1`)]);
      await expect(store.read(ref)).rejects.toMatchObject({ code: 'STORE_MISSING' });
      await store.write(ref, artifact);
      expect(await store.isSound(ref)).toBe(true);
    });

    it('reads an artifact anew that is replaced while it is read', async () => {
      const open = medium();
      const store = openStore(open());
      await store.write(ref, artifact);
      const replaced = { ...artifact, metadata: { label: 'replaced' } };
      const slow = open();
      let reads = 0;
      const replacing: Backend = {
        ...slow,
        async read(name, into, from, version) {
          if (++reads === 2) await store.write(ref, replaced);
          return slow.read(name, into, from, version);
        },
      };
      const read = await openStore(replacing).read(ref);
      expect(read.metadata.label).toBe('replaced');
      expect({ ...read.arrays }).toEqual(artifact.arrays);
    });

    it('copies artifacts from other stores, byte by byte', async () => {
      for (const source of [openStore(medium()()), openStore(memoryMedium()())]) {
        const target = openStore(medium()());
        await source.write(ref, artifact);
        await target.copyFrom(source, ref);
        expect({ ...(await target.read(ref)).arrays }).toEqual(artifact.arrays);
        await expect(target.copyFrom(source, outputOf('score', 'never'))).rejects.toThrow('is gone');
        await source.collect(new Set(), { remove: true });
        expect(await target.isSound(ref)).toBe(true);
      }
    });

    it('collects what is not kept and leaves claims that are held', async () => {
      const backend = medium()();
      const store = openStore(backend);
      const old = outputOf('fit', 'old');
      for (const each of [ref, old]) await store.write(each, artifact);
      await store.writeCost(old, { seconds: 1, peakRssBytes: 1 });
      await backend.put('score/00/notes.txt', [Uint8Array.of(1)]);
      const claims = await claimsOn(backend);
      const claim = ours(await claims.take(outputOf('fit', 'next')));
      const dry = await store.collect(new Set([ref.key]), { remove: false });
      expect(dry.files).toEqual([store.place(old).replace('safetensors', 'cost.json'), store.place(old)]);
      expect(dry.kept).toBe(1);
      expect(await store.collect(new Set([ref.key]), { remove: true })).toEqual(dry);
      await claim.release();
      expect((await store.collect(new Set([ref.key]), { remove: false })).files).toEqual([]);
      expect((await backend.find('score/00/notes.txt'))?.bytes).toBe(1);
      const listed: string[] = [];
      for await (const { key } of store.list()) listed.push(key);
      expect(listed).toEqual([ref.key]);
    });

    it('takes a claim as old by the clock of the medium', async () => {
      const backend = medium()();
      const name = `fit/00/${'00'.repeat(32)}.claim`;
      await backend.put(name, [Buffer.from(JSON.stringify({ machine: 'elsewhere', pid: 1 }))]);
      const later = (ms: number): Backend => ({ ...backend, now: async () => (await backend.now()) + ms });
      const hour = 3_600_000;
      const collected = async (ms: number) => openStore(later(ms)).collect(new Set(), { remove: false });
      expect((await collected(23 * hour)).files).toEqual([]);
      expect((await collected(25 * hour)).files).toEqual([backend.place(name)]);
    });
  });

  describePacksOn(title, medium);

  describe(`claims on ${title}`, () => {
    it('are held by one of many that ask at once, and can be had again', async () => {
      const open = medium();
      const all = await Promise.all(Array.from({ length: 8 }, () => claimsOn(open())));
      const taken = await Promise.all(all.map((claims) => claims.take(ref)));
      expect(taken.map(({ status }) => status).sort()).toEqual(['ours', ...Array(7).fill('theirs')]);
      await ours(taken.find(({ status }) => status === 'ours') ?? expect.fail()).release();
      expect((await all[3].take(ref)).status).toBe('ours');
      all[3].giveBack();
      // On some media removals are only begun by then.
      await expect.poll(async () => (await all[5].take(ref)).status).toBe('ours');
    });

    it('that were taken over are neither released nor ended by who held them before', async () => {
      const open = medium();
      const backend = open();
      const name = `score/${ref.key.slice(0, 2)}/${ref.key}.claim`;
      const first = ours(await (await claimsOn(backend)).take(ref));
      await backend.put(name, [Buffer.from(JSON.stringify({ machine: 'elsewhere', pid: 1 }))]);
      await first.release(failure);
      expect((await (await claimsOn(open())).take(ref)).status).toBe('theirs');
    });

    it('tell of a failure to who runs at the time and not to who comes later', async () => {
      const open = medium();
      const [one, other] = [await claimsOn(open()), await claimsOn(open())];
      await ours(await one.take(ref)).release(failure);
      expect(await other.take(ref)).toEqual({ status: 'failed', error: failure });
      expect((await (await claimsOn(open())).take(ref)).status).toBe('ours');
    });
  });
}

async function claimsOn(backend: Backend): Promise<Claims> {
  const claims = await openClaims({ backend });
  onTestFinished(() => claims.close());
  return claims;
}

function ours(claim: Claim): Extract<Claim, { status: 'ours' }> {
  return claim.status === 'ours' ? claim : expect.fail(claim.status);
}
