import { describe, expect, it } from 'vitest';
import { type Backend, Changed } from '../../src/index.js';

const name = 'score/ab/x.safetensors';
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

/**
 * What every {@link Backend} does.
 * @param medium makes an empty medium and returns what opens it, each time as another process would
 */
export function describeBackend(title: string, medium: () => () => Backend): void {
  const opened = (): Backend => medium()();

  describe(`${title}: objects`, () => {
    it('are put whole from parts, replaced, found and removed', async () => {
      const backend = opened();
      expect(await backend.find(name)).toBeUndefined();
      expect(await textOf(backend, name)).toBeUndefined();
      await backend.put(name, [bytes('one '), new Uint8Array(0), bytes('two')]);
      expect(await textOf(backend, name)).toBe('one two');
      expect(await backend.find(name)).toMatchObject({ bytes: 7 });
      await backend.put(name, [bytes('2')]);
      expect(await textOf(backend, name)).toBe('2');
      await backend.remove(name);
      await backend.remove(name);
      expect(await backend.find(name)).toBeUndefined();
    });

    it('may be empty', async () => {
      const backend = opened();
      await backend.put(name, []);
      expect(await backend.find(name)).toMatchObject({ bytes: 0 });
      expect(await backend.read(name, new Uint8Array(3), 0)).toMatchObject({ bytes: 0 });
    });

    it('are seen at once by everybody who opens the medium', async () => {
      const open = medium();
      const [one, other] = [open(), open()];
      await one.put(name, [bytes('shared')]);
      expect(await textOf(other, name)).toBe('shared');
      expect(other.location).toBe(one.location);
      expect(other.place(name)).toBe(one.place(name));
    });

    it('are read by ranges that may reach beyond the end', async () => {
      const backend = opened();
      await backend.put(name, [bytes('0123456789')]);
      const range = async (from: number, length: number): Promise<string> => {
        const into = new Uint8Array(length).fill(0x2e);
        await backend.read(name, into, from);
        return Buffer.from(into).toString();
      };
      expect([await range(0, 3), await range(4, 4), await range(8, 4), await range(12, 2)]).toEqual([
        '012',
        '4567',
        '89..',
        '..',
      ]);
    });

    it('have another version after every write, and are read in the version that is asked for', async () => {
      const backend = opened();
      const versions = new Set<string>();
      for (const text of ['a', 'bb', 'ccc']) {
        await backend.put(name, [bytes(text)]);
        versions.add((await backend.find(name))?.version ?? '');
      }
      expect(versions.size).toBe(3);
      const [first, , last] = versions;
      expect(await backend.read(name, new Uint8Array(3), 0, last)).toMatchObject({ bytes: 3, version: last });
      await expect(backend.read(name, new Uint8Array(3), 0, first)).rejects.toBeInstanceOf(Changed);
      await backend.remove(name, first);
      expect(await textOf(backend, name)).toBe('ccc');
      await backend.remove(name, last);
      expect(await backend.read(name, new Uint8Array(3), 0, last)).toBeUndefined();
    });

    it('are no older than the time of the medium says', async () => {
      const backend = opened();
      const before = await backend.now();
      await backend.put(name, [bytes('x')]);
      const { modifiedAt } = (await backend.find(name)) ?? expect.fail();
      const after = await backend.now();
      // Clocks of file systems tick some times a second and may be read between two ticks; servers tell whole seconds.
      expect(modifiedAt).toBeGreaterThan(before - 1000);
      expect(modifiedAt).toBeLessThanOrEqual(after + 1000);
    });
  });

  describe(`${title}: conditional writes`, () => {
    it('of many that create an object one succeeds, and its bytes stay', async () => {
      const open = medium();
      const writers = Array.from({ length: 20 }, (_, i) => open().putIfAbsent(name, bytes(`writer ${i}`)));
      const versions = await Promise.all(writers);
      const winners = versions.flatMap((version, i) => (version === undefined ? [] : [i]));
      expect(winners).toHaveLength(1);
      expect(await textOf(open(), name)).toBe(`writer ${winners[0]}`);
      expect(versions[winners[0]]).toBe((await open().find(name))?.version);
    });

    it('an object is replaced in the version that is named and in no other, by more bytes or fewer', async () => {
      const backend = opened();
      const first = (await backend.putIfAbsent(name, bytes('first'))) ?? expect.fail();
      const second = (await backend.putIfUnchanged(name, bytes('2'), first)) ?? expect.fail();
      expect(await backend.putIfUnchanged(name, bytes('late'), first)).toBeUndefined();
      expect(await textOf(backend, name)).toBe('2');
      const third = await backend.putIfUnchanged(name, bytes('the third'), second);
      expect(await textOf(backend, name)).toBe('the third');
      expect((await backend.find(name))?.version).toBe(third);
    });

    it('what is gone is not replaced', async () => {
      const backend = opened();
      const version = (await backend.putIfAbsent(name, bytes('x'))) ?? expect.fail();
      backend.removeAtOnce([name, 'score/ab/never.claim']);
      expect(await backend.find(name)).toBeUndefined();
      expect(await backend.putIfUnchanged(name, bytes('y'), version)).toBeUndefined();
      expect(await backend.find(name)).toBeUndefined();
    });
  });

  describe(`${title}: names`, () => {
    it('are listed in order, all or those of a folder, with sizes', async () => {
      const backend = opened();
      const names = ['a/00/x.json', 'a-b/00/y.claim', 'a/00/x.json.corrupt-1', 'a/ff/z.json', 'b/00/x.json'];
      for (const [i, each] of names.entries()) await backend.put(each, [new Uint8Array(i)]);
      const listed = async (folder: string): Promise<string[]> => {
        const found: string[] = [];
        for await (const { name: each, isObject, find } of backend.list(folder)) {
          expect(isObject).toBe(true);
          expect((await find())?.bytes).toBe(names.indexOf(each));
          found.push(each);
        }
        return found;
      };
      expect(await listed('')).toEqual([...names].sort());
      expect(await listed('a')).toEqual(['a/00/x.json', 'a/00/x.json.corrupt-1', 'a/ff/z.json']);
      expect(await listed('a/ff')).toEqual(['a/ff/z.json']);
      expect(await listed('nothing')).toEqual([]);
    });

    it('an object is moved aside under the first number that is free', async () => {
      const backend = opened();
      for (const text of ['one', 'two']) {
        await backend.put(name, [bytes(text)]);
        await backend.moveAside(name);
        expect(await backend.find(name)).toBeUndefined();
      }
      expect(await textOf(backend, `${name}.corrupt-1`)).toBe('one');
      expect(await textOf(backend, `${name}.corrupt-2`)).toBe('two');
      expect(await backend.moveAside(name)).toBeUndefined();
    });

    it('nothing is in the way of an object, and finished writes leave nothing behind', async () => {
      const backend = opened();
      await backend.put(name, [bytes('x')]);
      await backend.putIfAbsent('score/ab/x.claim', bytes('x'));
      expect(await backend.obstacle(name)).toBeUndefined();
      for await (const leftover of backend.leftovers()) expect.fail(leftover.place);
    });
  });
}

async function textOf(backend: Backend, of: string): Promise<string | undefined> {
  const found = await backend.find(of);
  const content = new Uint8Array(found?.bytes ?? 0);
  return (await backend.read(of, content, 0)) && Buffer.from(content).toString();
}
