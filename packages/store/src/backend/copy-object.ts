import type { Backend } from './backend.js';

/** Copies an object to another medium under the same name. @throws BenchError as {@link Backend.put}, RangeError when it is gone */
export async function copyObject(source: Backend, target: Backend, name: string): Promise<void> {
  if (await target.adopt(source, name)) return;
  const found = await source.find(name);
  const content = new Uint8Array(found?.bytes ?? 0);
  const read = found && (await source.read(name, content, 0, found.version));
  if (read === undefined) throw new RangeError(`${source.place(name)} is gone`);
  await target.put(name, [content]);
}
