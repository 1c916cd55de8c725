import { type Backend, Changed, type Found } from './backend.js';

/** Most objects are no larger; no memory is taken for what the largest could need. */
const mostlyBytes = 1 << 12;

/** The whole of an object of at most so many bytes. @throws RangeError when it is larger, otherwise as {@link Backend.read} */
export async function readSmall(
  backend: Backend,
  name: string,
  maxBytes: number,
): Promise<(Found & { readonly content: Uint8Array }) | undefined> {
  const first = new Uint8Array(Math.min(maxBytes, mostlyBytes));
  const found = await backend.read(name, first, 0);
  if (found === undefined) return undefined;
  const { bytes, version } = found;
  if (bytes > maxBytes) throw new RangeError(`${name} has ${bytes} bytes, more than ${maxBytes}`);
  if (bytes <= first.length) return { ...found, content: first.subarray(0, bytes) };
  const content = new Uint8Array(bytes);
  content.set(first);
  try {
    const rest = await backend.read(name, content.subarray(first.length), first.length, version);
    return rest && { ...found, content };
  } catch (error) {
    if (!(error instanceof Changed)) throw error;
    return readSmall(backend, name, maxBytes);
  }
}
