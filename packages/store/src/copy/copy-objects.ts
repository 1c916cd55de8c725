import type { Backend, Found, Listed } from '../backend/backend.js';

export interface CopyOptions {
  /** Only what is in it; default everything. */
  readonly folder?: string;
  /** Ends the copy before the next object. */
  readonly cancel?: AbortSignal;
  /** Objects done, all that are to be copied, and bytes. */
  onProgress?(done: number, total: number, bytes: number): void;
  /** Whether an object is to be copied; default every one. */
  isWanted?(name: string): boolean;
  /** What is wrong with an object; undefined where nothing is. */
  unsoundness?(name: string, content: Uint8Array): Promise<string | undefined>;
}

export interface Copied {
  /** Names of those that are new in the target. */
  readonly names: readonly string[];
  readonly bytes: number;
  /** Objects that the target had. */
  readonly present: number;
  /** Objects that are not copied because something is wrong with them. */
  readonly damaged: readonly { readonly place: string; readonly reason: string }[];
}

/** Objects, and bytes of them, that are on their way at once; a larger one is so alone. */
const atOnce = 16;
const bytesAtOnce = 1 << 26;

/**
 * Copies the objects that a medium lacks, each whole or not at all. What both have under one name stays as it is.
 * @throws BenchError STORE_READ, or what is special to a medium; as {@link Backend.put}
 */
export async function copyObjects(source: Backend, target: Backend, options: CopyOptions = {}): Promise<Copied> {
  const { folder = '', cancel, onProgress, isWanted = () => true } = options;
  const known = new Set<string>();
  for await (const { name, isObject } of target.list(folder)) if (isObject) known.add(name);
  const missing: Listed[] = [];
  let present = 0;
  for await (const listed of source.list(folder)) {
    if (!listed.isObject || !isWanted(listed.name)) continue;
    if (known.has(listed.name)) present++;
    else missing.push(listed);
  }
  const names: string[] = [];
  const damaged: { readonly place: string; readonly reason: string }[] = [];
  const underWay = new Set<Promise<void>>();
  let [bytes, onTheWay] = [0, 0];

  async function copy(name: string, found: Found): Promise<void> {
    const content = new Uint8Array(found.bytes);
    if ((await source.read(name, content, 0, found.version)) === undefined) return;
    const reason = await options.unsoundness?.(name, content);
    if (reason !== undefined) damaged.push({ place: source.place(name), reason });
    else {
      if (!(await target.adopt(source, name))) await target.put(name, [content]);
      names.push(name);
      bytes += found.bytes;
    }
    onProgress?.(names.length + damaged.length, missing.length, bytes);
  }

  try {
    for (const { name, find } of missing) {
      if (cancel?.aborted) break;
      const found = await find();
      if (found === undefined) continue;
      while (underWay.size >= atOnce || (underWay.size > 0 && onTheWay + found.bytes > bytesAtOnce))
        await Promise.race(underWay);
      onTheWay += found.bytes;
      const copying = copy(name, found).finally(() => {
        underWay.delete(copying);
        onTheWay -= found.bytes;
      });
      underWay.add(copying);
    }
    await Promise.all(underWay);
  } finally {
    await Promise.allSettled(underWay);
  }
  return { names: names.sort(), bytes, present, damaged };
}
