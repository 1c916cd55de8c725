import { createHash } from 'node:crypto';
import { dtypeOf, type NdArray, sha256 as sha256Of } from '@attribution-bench/contract';
import { type Backend, Changed } from '../backend/backend.js';
import { Malformed } from '../malformed.js';
import {
  type ArrayEntry,
  bytesOf,
  decodeHeader,
  emptyArray,
  encodeHeader,
  type Header,
  headerLength,
} from './safetensors.js';

/** Named arrays and text about them. */
export interface Artifact {
  readonly arrays: Readonly<Record<string, NdArray>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** An artifact whose header is checked and whose arrays are read, and checked, one by one. */
export interface OpenArtifact extends Header {
  /** Bytes of the whole artifact. */
  readonly size: number;
  /** ms since 1970 by the medium's clock. */
  readonly modifiedAt: number;
  /**
   * @param into an array of the caller's that is filled, in place of a new one
   * @throws Malformed when its bytes fail the checksum, or it does not fit the caller's array; Changed when the artifact was
   * replaced since, a RangeError when there is no such array
   */
  array(name: string, into?: NdArray): Promise<NdArray>;
  /** Reads all arrays part by part and keeps none. @throws as `array`, where one fails its checksum */
  check(): Promise<void>;
}

/** Bytes that are read and hashed at a time. */
const chunkBytes = 1 << 26;
/** Bytes that are held of arrays that are only checked. */
const checkedBytes = 1 << 22;
/** Bytes that are read first: most headers, and many whole artifacts, are no larger. */
const usualFirstBytes = 1 << 16;

/** The bytes of an artifact, part by part; the same content always gives the same bytes. */
export function encodeArtifact({ arrays, metadata }: Artifact): Uint8Array[] {
  const { head, order } = encodeHeader(arrays, metadata);
  return [head, ...order.map(bytesOf)];
}

/**
 * Reads and checks the header of an artifact; undefined where there is none of the name.
 * @throws Malformed, Changed, or the medium's error
 */
export async function openArtifact(
  backend: Pick<Backend, 'read'>,
  name: string,
  firstBytes = usualFirstBytes,
): Promise<OpenArtifact | undefined> {
  const first = new Uint8Array(firstBytes);
  const found = await backend.read(name, first, 0);
  if (found === undefined) return undefined;
  const { bytes: size, version, modifiedAt } = found;

  /** Fills `target` from a byte of the artifact on and returns the SHA-256 of what was read. */
  const fill = async (target: Uint8Array, from: number): Promise<string> => {
    const hash = createHash('sha256');
    const known = Math.min(target.length, Math.max(0, Math.min(firstBytes, size) - from));
    target.set(first.subarray(from, from + known));
    for (let filled = known; filled < target.length; filled += chunkBytes) {
      const chunk = target.subarray(filled, filled + chunkBytes);
      if ((await backend.read(name, chunk, from + filled, version)) === undefined) throw new Changed(`${name} is gone`);
    }
    for (let hashed = 0; hashed < target.length; hashed += chunkBytes)
      hash.update(target.subarray(hashed, hashed + chunkBytes));
    return hash.digest('hex');
  };

  const digestOf = async (from: number, to: number): Promise<string> => {
    const hash = createHash('sha256');
    const buffer = new Uint8Array(Math.min(checkedBytes, to - from));
    for (let at = from; at < to; at += buffer.length) {
      const part = buffer.subarray(0, Math.min(buffer.length, to - at));
      if ((await backend.read(name, part, at, version)) === undefined) throw new Changed(`${name} is gone`);
      hash.update(part);
    }
    return hash.digest('hex');
  };

  const head = new Uint8Array(8 + headerLength(first.subarray(0, 8), size));
  await fill(head, 0);
  const header = decodeHeader(head, size);
  return {
    ...header,
    size,
    modifiedAt,
    async array(wanted, into) {
      const entry = header.arrays[wanted];
      if (entry === undefined) throw new RangeError(`the artifact has no array "${wanted}"`);
      if (into !== undefined && !fits(entry, into))
        throw new Malformed(
          `has an array "${wanted}" of ${entry.dtype} [${entry.shape.join(' × ')}] where ${dtypeOf(into.data)} [${into.shape.join(' × ')}] is expected`,
        );
      const array = into ?? emptyArray(entry);
      if ((await fill(bytesOf(array.data), entry.start)) !== entry.sha256)
        throw new Malformed(`has an array "${wanted}" that fails its checksum`);
      return array;
    },
    async check() {
      for (const [array, { start, end, sha256 }] of Object.entries(header.arrays)) {
        const whole = end <= firstBytes ? sha256Of(first.subarray(start, end)) : await digestOf(start, end);
        if (whole !== sha256) throw new Malformed(`has an array "${array}" that fails its checksum`);
      }
    },
  };
}

/** {@link openArtifact} of bytes at hand. @throws Malformed */
export async function openArtifactBytes(content: Uint8Array): Promise<OpenArtifact> {
  const read: Backend['read'] = async (_, into, from) => {
    into.set(content.subarray(from, from + into.length));
    return { bytes: content.length, version: '', modifiedAt: 0 };
  };
  return (await openArtifact({ read }, '', Math.max(8, content.length))) as OpenArtifact;
}

function fits({ dtype, shape }: ArrayEntry, array: NdArray): boolean {
  return dtype === dtypeOf(array.data) && shape.join() === array.shape.join();
}

/** The arrays of these names (default: all), each checked. @throws as {@link OpenArtifact.array} */
export async function readArrays(
  opened: OpenArtifact,
  names: readonly string[] = Object.keys(opened.arrays),
): Promise<Artifact['arrays']> {
  const arrays: Record<string, NdArray> = Object.create(null);
  for (const name of names) arrays[name] = await opened.array(name);
  return arrays;
}
