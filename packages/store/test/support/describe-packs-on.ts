import { describe, expect, it } from 'vitest';
import { type Artifact, type Backend, gatherRows, openStore, type SetAside, type Store } from '../../src/index.js';
import { outputOf } from '../outputs.js';

const count = 8;
const refs = Array.from({ length: count }, (_, number) => outputOf('retrain', `row ${number}`));
const rowOf = (number: number): Artifact => ({
  arrays: { outputs: { shape: [3], data: Float32Array.of(number, -0, number / 3) } },
  metadata: { weights: `w${number}` },
});
const costOf = (number: number) => ({ seconds: number, peakRssBytes: 2 });
const placeOf = (number: number): string => `place ${number}`;
const rows = refs.map(({ key }, number) => ({ key, cost: costOf(number), place: placeOf(number) }));

/** That results which are kept many to an object are as good as objects of their own, on any {@link Backend}. */
export function describePacksOn(title: string, medium: () => () => Backend): void {
  const looseName = ({ kind, key }: { kind: string; key: string }) => `${kind}/${key.slice(0, 2)}/${key}.safetensors`;

  async function writeAll(store: Store): Promise<void> {
    for (const [number, ref] of refs.entries()) await store.write(ref, rowOf(number));
  }

  async function packed(backend: Backend): Promise<Store> {
    const store = openStore(backend);
    await writeAll(store);
    await (await store.pack('retrain', rows)).clear();
    return store;
  }

  async function packsIn(backend: Backend, suffix = '.pack'): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of backend.list('retrain/packs')) if (name.endsWith(suffix)) names.push(name);
    return names;
  }

  async function contentOf(backend: Backend, name: string): Promise<Uint8Array> {
    const content = new Uint8Array((await backend.find(name))?.bytes ?? 0);
    await backend.read(name, content, 0);
    return content;
  }

  async function readable(store: Store): Promise<number[]> {
    const found: number[] = [];
    for (const [number, ref] of refs.entries()) {
      const read = await store.read(ref).catch(() => undefined);
      if (read === undefined) continue;
      expect({ ...read.arrays }).toEqual(rowOf(number).arrays);
      expect(read.metadata.weights).toBe(`w${number}`);
      found.push(number);
    }
    return found;
  }

  describe(`packed results on ${title}`, () => {
    it('are read as if each were an object, also by who looked before they were packed', async () => {
      const open = medium();
      const early = openStore(open());
      const store = openStore(open());
      await writeAll(store);
      await store.writeCost(refs[1], costOf(1));
      await store.writeLatest(placeOf(1), refs[1].made);
      expect(await early.keysOf('retrain')).toEqual(new Set(refs.map(({ key }) => key)));
      const never = outputOf('retrain', 'never');
      const { left, clear } = await store.pack('retrain', [...rows, { key: never.key }]);
      expect(left.map(({ key }) => key)).toEqual([never.key]);
      await clear();
      expect([await store.looseKeys('retrain'), await packsIn(open())]).toEqual([new Set(), [expect.any(String)]]);
      for (const other of [early, store, openStore(open())]) {
        expect(await readable(other)).toHaveLength(count);
        expect(await other.keysOf('retrain')).toEqual(new Set(refs.map(({ key }) => key)));
        expect(await other.readCost(refs[3])).toEqual(costOf(3));
        expect([await other.has(refs[2]), await other.has(never)]).toEqual([true, false]);
        const isNoted = await other.notedPlaces(['retrain']);
        expect([isNoted(placeOf(1)), isNoted('elsewhere')]).toEqual([true, false]);
        expect(await other.readLatest('retrain', placeOf(1))).toEqual(refs[1].made);
        const listed: string[] = [];
        for await (const { key } of other.list()) listed.push(key);
        expect(listed.toSorted()).toEqual(refs.map(({ key }) => key).toSorted());
      }
      const target = openStore(medium()());
      await target.copyFrom(store, refs[0]);
      expect(await readable(target)).toEqual([0]);
    });

    it('may be gathered in memory and written at once, with what is newest for each place', async () => {
      const backend = medium()();
      const store = openStore(backend);
      await store.writeLatest(placeOf(1), outputOf('retrain', 'before').made);
      const gathering = gatherRows(store);
      await writeAll(gathering.store);
      const large = outputOf('retrain', 'large');
      const many = { arrays: { outputs: { shape: [20_000], data: new Float32Array(20_000) } }, metadata: {} };
      await gathering.store.write(large, many);
      expect([...(await store.keysOf('retrain'))]).toEqual([large.key]);
      const [first, ...others] = gathering.rows;
      await store.writeRow({ kind: 'retrain', ...first });
      const { left } = await store.pack(
        'retrain',
        others.map((row, index) => ({ ...row, cost: costOf(index + 1), place: placeOf(index + 1) })),
      );
      expect([left, await packsIn(backend)]).toEqual([[], [expect.any(String)]]);
      for (const each of [store, openStore(backend)]) {
        expect(await readable(each)).toHaveLength(count);
        expect(await each.readCost(refs[3])).toEqual(costOf(3));
        expect(await each.readLatest('retrain', placeOf(2))).toEqual(refs[2].made);
      }
      expect(await openStore(backend).looseKeys('retrain')).toEqual(new Set([refs[0].key, large.key]));
      await store.keysOf('retrain');
      expect(await store.readLatest('retrain', placeOf(1))).toEqual(refs[1].made);
    });

    it('are all there whenever packing ends, and whoever packs at the same time', async () => {
      const open = medium();
      const [one, other] = [openStore(open()), openStore(open())];
      await writeAll(one);
      const [first, second] = await Promise.all([one.pack('retrain', rows), other.pack('retrain', rows.slice(2))]);
      expect([...(await one.looseKeys('retrain'))]).toHaveLength(count);
      await first.clear();
      await second.clear();
      expect((await other.pack('retrain', rows)).left).toHaveLength(count);
      expect(await readable(openStore(open()))).toHaveLength(count);
    });

    it('are put together from packs of few, by whoever does it, but for those of a damaged pack', async () => {
      const open = medium();
      const store = openStore(open());
      const gathering = gatherRows(store);
      await writeAll(gathering.store);
      const about = (row: (typeof gathering.rows)[number], index: number) => ({
        ...row,
        cost: costOf(index),
        place: placeOf(index),
      });
      const all = gathering.rows.map(about);
      for (const [from, to] of [
        [0, 2],
        [2, 4],
        [4, 6],
        [6, 8],
      ])
        await store.pack('retrain', all.slice(from, to));
      const early = openStore(open());
      expect(await readable(early)).toHaveLength(count);
      const before = await packsIn(open());
      const spoilt = await contentOf(open(), before[0]);
      spoilt[spoilt.length - 1] ^= 1;
      await open().put(before[0], [spoilt]);
      const clear = await openStore(open()).joinPacks('retrain', 5);
      expect(await packsIn(open())).toHaveLength(5);
      await clear();
      const after = await packsIn(open());
      expect(after).toHaveLength(2);
      expect(after).toContain(before[0]);
      for (const other of [early, openStore(open())]) {
        expect((await readable(other)).length).toBeGreaterThanOrEqual(count - 1);
        expect(await other.readCost(refs[6])).toEqual(costOf(6));
        expect(await other.readLatest('retrain', placeOf(6))).toEqual(refs[6].made);
      }
    });

    it('that are damaged cost no other row of the pack', async () => {
      const backend = medium()();
      await packed(backend);
      const [pack] = await packsIn(backend);
      const content = await contentOf(backend, pack);
      const at = Buffer.from(content).indexOf('"weights":"w5"');
      content[at + 11] ^= 1;
      await backend.put(pack, [content]);
      await expect(openStore(backend, undefined, { moves: false }).read(refs[5])).rejects.toMatchObject({
        message: expect.stringContaining('it stays where it is'),
      });
      const found: SetAside[] = [];
      const store = openStore(backend, (aside) => found.push(aside));
      const stale = openStore(backend);
      await stale.keysOf('retrain');
      expect(await readable(store)).toEqual([0, 1, 2, 3, 4, 6, 7]);
      expect(found).toEqual([
        { reason: expect.stringContaining(refs[5].key), movedTo: backend.place(`${pack}.corrupt-1`) },
      ]);
      expect([await store.has(refs[5]), await store.readCost(refs[6])]).toEqual([false, costOf(6)]);
      await store.write(refs[5], rowOf(5));
      expect(await readable(stale)).toHaveLength(count);
    });

    it('survive damage to the header of their pack', async () => {
      for (const byte of [3, 9, 60, 400]) {
        const backend = medium()();
        await packed(backend);
        const [pack] = await packsIn(backend);
        const content = await contentOf(backend, pack);
        content[byte] ^= 1;
        await backend.put(pack, [content]);
        expect(await readable(openStore(backend))).toHaveLength(count);
        expect(await packsIn(backend, '.corrupt-1')).toHaveLength(1);
      }
    });

    it('that nothing needs are collected, and the others stay', async () => {
      const backend = medium()();
      const store = await packed(backend);
      const [pack] = await packsIn(backend);
      const keep = new Set(refs.slice(0, 3).map(({ key }) => key));
      const dry = await store.collect(keep, { remove: false });
      expect(dry.kept).toBe(3);
      expect(dry.files.toSorted()).toEqual(
        refs
          .slice(3)
          .map(({ key }) => `${backend.place(pack)}#${key}`)
          .toSorted(),
      );
      expect(await store.collect(keep, { remove: true })).toEqual(dry);
      for (const each of [store, openStore(backend)]) expect(await readable(each)).toEqual([0, 1, 2]);
      await store.collect(new Set(), { remove: true });
      expect([await packsIn(backend), await backend.find(looseName(refs[0]))]).toEqual([[], undefined]);
    });
  });
}
