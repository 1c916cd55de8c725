import { createHash } from 'node:crypto';
import {
  type DType,
  dtypeOf,
  isObject,
  type NdArray,
  type NumericArray,
  sha256,
  sizeOf,
} from '@attribution-bench/contract';
import { Malformed } from '../malformed.js';

/**
 * The safetensors file format (https://github.com/huggingface/safetensors): 8 bytes of header length (little-endian),
 * a JSON header, then the arrays without gaps. Ours carry checksums in `__metadata__`: `sha256:<array>` over the bytes
 * of each array, and `sha256` over the length and the header with its own 64 digits written as zeros. Together they
 * cover every byte of the file. There is one way only to write a content, and every other (a name that occurs twice, other
 * white space) is refused, so that nothing in a file can be read in two ways.
 */

export interface ArrayEntry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Byte range in the file. */
  readonly start: number;
  readonly end: number;
  readonly sha256: string;
}

export interface Header {
  /** By name; no prototype, so names from a file are only names. */
  readonly arrays: Readonly<Record<string, ArrayEntry>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format's own limit. */
const maxHeaderBytes = 100_000_000;
/** How every header begins; no text in one can look like it, since quotes in texts are escaped. */
export const headerOpening = '{"__metadata__":{"sha256":"';
const digestPlace = 8 + headerOpening.length;
const noDigest = '0'.repeat(64);
const nameOfDType = { float64: 'F64', float32: 'F32', int32: 'I32', uint8: 'U8' } as const;
const dtypeOfName: ReadonlyMap<unknown, DType> = new Map(
  Object.entries(nameOfDType).map(([dtype, name]) => [name, dtype as DType]),
);
const bytesOfDType: Readonly<Record<DType, number>> = { float64: 8, float32: 4, int32: 4, uint8: 1 };

/** The bytes of an array, not copied. */
export function bytesOf(data: NumericArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** An array over its own, still empty, memory. @throws Malformed when there cannot be one of that size */
export function emptyArray(entry: ArrayEntry): NdArray {
  const count = sizeOf(entry.shape);
  const make = { float64: Float64Array, float32: Float32Array, int32: Int32Array, uint8: Uint8Array };
  try {
    return { shape: entry.shape, data: new make[entry.dtype](count) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Malformed(`has an array of ${entry.end - entry.start} bytes, more than fit into memory`);
  }
}

/**
 * Length and header of a file, and the arrays in the order in which their bytes follow. Wide elements come first, so
 * that every array starts aligned; the same content always gives the same bytes.
 * @throws TypeError when a name is unusable or a shape does not match its data: mistakes of the caller
 */
export function encodeHeader(
  arrays: Readonly<Record<string, NdArray>>,
  metadata: Readonly<Record<string, string>>,
): { readonly head: Uint8Array; readonly order: readonly NumericArray[] } {
  const described: [string, Omit<ArrayEntry, 'start' | 'end'>][] = Object.entries(arrays).map(
    ([name, { data, shape }]) => {
      if (!usableName(name)) throw new TypeError(`${JSON.stringify(name)} cannot name an array`);
      if (sizeOf(shape) !== data.length)
        throw new TypeError(
          `array "${name}" has ${data.length} elements, its shape [${shape.join(', ')}] another number`,
        );
      return [name, { dtype: dtypeOf(data), shape, sha256: sha256(bytesOf(data)) }];
    },
  );
  for (const key of Object.keys(metadata))
    if (key === 'sha256' || key.startsWith('sha256:')) throw new TypeError(`metadata key "${key}" is reserved`);
  const { head, order } = writeHead(described, metadata);
  return { head, order: order.map((name) => arrays[name].data) };
}

/**
 * The bytes before the arrays, and the names of the arrays in the order of theirs. Written member by member: objects put
 * keys that look like numbers first, whatever the order they are given in.
 */
function writeHead(
  described: readonly [string, Omit<ArrayEntry, 'start' | 'end'>][],
  metadata: Readonly<Record<string, string>>,
): { readonly head: Uint8Array; readonly order: readonly string[] } {
  const ordered = described.toSorted(([a, { dtype: typeOfA }], [b, { dtype: typeOfB }]) => {
    const width = bytesOfDType[typeOfB] - bytesOfDType[typeOfA];
    return width === 0 ? (a < b ? -1 : 1) : width;
  });
  let offset = 0;
  const entries = ordered.map(([name, { dtype, shape }]): [string, unknown] => {
    const start = offset;
    offset += sizeOf(shape) * bytesOfDType[dtype];
    return [name, { dtype: nameOfDType[dtype], shape, data_offsets: [start, offset] }];
  });
  const digests = ordered.map(([name, { sha256: digest }]): [string, string] => [`sha256:${name}`, digest]);
  const sorted = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  const about = objectText([['sha256', noDigest], ...digests, ...sorted]);
  const header = `{"__metadata__":${about}${entries.length === 0 ? '}' : `,${objectText(entries).slice(1)}`}`;
  const text = new TextEncoder().encode(header);
  const head = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(text, 8);
  head.set(new TextEncoder().encode(sha256(head)), digestPlace);
  return { head, order: ordered.map(([name]) => name) };
}

function objectText(members: readonly (readonly [string, unknown])[]): string {
  return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
}

/** Length of the header that a file's first 8 bytes announce. @throws Malformed when the file cannot hold it */
export function headerLength(first: Uint8Array, fileBytes: number): number {
  if (fileBytes < 8 || first.length < 8) throw new Malformed('is too short to have a header');
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes) || length > BigInt(fileBytes - 8))
    throw new Malformed(`announces a header of ${length} bytes in a file of ${fileBytes}`);
  return Number(length);
}

/**
 * Checks length and header (the first `8 + length` bytes) of a file, checksum included, that the arrays it describes
 * fill the rest of the file exactly, and that nothing in it is written in another way than {@link encodeHeader} does.
 * @throws Malformed with the reason
 */
export function decodeHeader(head: Uint8Array, fileBytes: number): Header {
  const json = checkedJson(head);
  const { __metadata__: given, ...described } = json;
  if (!isObject(given)) throw new Malformed('has no metadata');
  const metadata: Record<string, string> = Object.create(null);
  for (const [key, value] of Object.entries(given)) {
    if (typeof value !== 'string') throw new Malformed(`has metadata "${key}" that is not text`);
    metadata[key] = value;
  }
  const arrays: Record<string, ArrayEntry> = Object.create(null);
  for (const [name, entry] of Object.entries(described)) {
    arrays[name] = decodeEntry(name, entry, metadata[`sha256:${name}`], head.length);
    delete metadata[`sha256:${name}`];
  }
  delete metadata.sha256;
  let place = head.length;
  for (const entry of Object.values(arrays).sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (entry.start !== place) throw new Malformed('has arrays that overlap or leave gaps');
    place = entry.end;
  }
  if (place !== fileBytes) throw new Malformed(`has ${fileBytes} bytes instead of ${place}`);
  if (Buffer.compare(writeHead(Object.entries(arrays), metadata).head, head) !== 0)
    throw new Malformed('has a header that repeats a key or is not in canonical form');
  return { arrays, metadata };
}

function checkedJson(head: Uint8Array): Record<string, unknown> {
  const digest = new TextDecoder('latin1').decode(head.subarray(digestPlace, digestPlace + 64));
  const hash = createHash('sha256')
    .update(head.subarray(0, digestPlace))
    .update(noDigest)
    .update(head.subarray(digestPlace + 64));
  if (digest.length !== 64 || hash.digest('hex') !== digest)
    throw new Malformed('has a header that fails its checksum');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(head.subarray(8)));
  } catch {
    throw new Malformed('has a header that is not JSON');
  }
  if (!isObject(json)) throw new Malformed('has a header that is not an object');
  return json;
}

function decodeEntry(name: string, entry: unknown, digest: string | undefined, dataStart: number): ArrayEntry {
  const wrong = (what: string) => new Malformed(`describes array ${JSON.stringify(name.slice(0, 80))} ${what}`);
  if (!usableName(name)) throw wrong('by an unusable name');
  if (!isObject(entry)) throw wrong('in no known form');
  const dtype = dtypeOfName.get(entry.dtype);
  if (dtype === undefined) throw wrong(`of unknown type ${JSON.stringify(entry.dtype)}`);
  const { shape, data_offsets: offsets } = entry;
  if (!Array.isArray(shape) || shape.length > 16 || !shape.every(isCount)) throw wrong('without a valid shape');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) throw wrong('without valid offsets');
  const bytes = sizeOf(shape) * bytesOfDType[dtype];
  if (!Number.isSafeInteger(bytes) || offsets[1] - offsets[0] !== bytes)
    throw wrong('with offsets that do not match its shape');
  if (digest === undefined) throw wrong('without a checksum');
  return { dtype, shape, start: dataStart + offsets[0], end: dataStart + offsets[1], sha256: digest };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function usableName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  return name !== '__metadata__' && name !== '__proto__' && /^[^\u0000-\u001f\u007f]{1,200}$/.test(name);
}
