import { type Backend, Changed, type Found, type Leftover, type Listed, openFileSystem } from '../../src/index.js';

interface Stored extends Found {
  readonly content: Uint8Array;
}

/**
 * A medium in memory that behaves as object stores do: conditional writes are atomic, there are no folders, no half-written
 * objects and nothing else than objects, and its clock is its own, years away from this machine's.
 * @returns what opens it, as often as processes would
 */
export function memoryMedium(): () => Backend {
  const objects = new Map<string, Stored>();
  let writes = 0;
  const now = (): number => Date.UTC(2040, 0, 1) + writes;
  const store = (name: string, parts: readonly Uint8Array[]): string => {
    const content = Uint8Array.from(Buffer.concat(parts));
    writes++;
    const version = `"${writes}"`;
    objects.set(name, { content, bytes: content.length, version, modifiedAt: now() });
    return version;
  };
  const found = (name: string): Found | undefined => {
    const stored = objects.get(name);
    return stored && { bytes: stored.bytes, version: stored.version, modifiedAt: stored.modifiedAt };
  };
  const moveAside = (name: string): string | undefined => {
    const stored = objects.get(name);
    if (stored === undefined) return undefined;
    let n = 1;
    while (objects.has(`${name}.corrupt-${n}`)) n++;
    store(`${name}.corrupt-${n}`, [stored.content]);
    objects.delete(name);
    return `${name}.corrupt-${n}`;
  };
  async function* list(folder: string): AsyncGenerator<Listed> {
    const names = [...objects.keys()].filter((name) => folder === '' || name.startsWith(`${folder}/`));
    for (const name of names.sort()) yield { name, isObject: true, find: async () => found(name) };
  }
  async function* leftovers(): AsyncGenerator<Leftover> {}

  return () => ({
    location: 'memory:',
    place: (name) => `memory:${name}`,
    requireWritable: async () => undefined,
    put: async (name, parts) => void store(name, parts),
    putIfAbsent: async (name, content) => (objects.has(name) ? undefined : store(name, [content])),
    putIfUnchanged: async (name, content, version) =>
      objects.get(name)?.version === version ? store(name, [content]) : undefined,
    find: async (name) => found(name),
    async read(name, into, from, version) {
      const stored = objects.get(name);
      if (stored === undefined) return undefined;
      if (version !== undefined && stored.version !== version) throw new Changed(`${name} was replaced`);
      into.set(stored.content.subarray(from, from + into.length));
      return found(name);
    },
    list,
    now: async () => now(),
    async remove(name, version) {
      if (version !== undefined && objects.get(name)?.version !== version) return false;
      objects.delete(name);
      return true;
    },
    removeAtOnce(names) {
      for (const name of names) objects.delete(name);
    },
    moveAside: async (name) => moveAside(name),
    obstacle: async () => undefined,
    adopt: async () => false,
    leftovers,
  });
}

/** What opens the same folder as often as it is called. */
export function fileSystemMedium(folder: string): () => Backend {
  return () => openFileSystem(folder);
}
