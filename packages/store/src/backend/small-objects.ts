import type { Backend, Found } from './backend.js';

/** The whole of an object of at most so many bytes. @throws RangeError when it is larger, otherwise as {@link Backend.read} */
export async function readSmall(
  backend: Backend,
  name: string,
  maxBytes: number,
): Promise<(Found & { readonly content: Uint8Array }) | undefined> {
  const buffer = new Uint8Array(maxBytes);
  const found = await backend.read(name, buffer, 0);
  if (found === undefined) return undefined;
  if (found.bytes > maxBytes) throw new RangeError(`${name} has ${found.bytes} bytes, more than ${maxBytes}`);
  return { ...found, content: buffer.subarray(0, found.bytes) };
}
