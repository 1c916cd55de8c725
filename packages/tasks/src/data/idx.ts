import { gunzipSync } from 'node:zlib';
import { BenchError } from '@attribution-bench/contract';

export interface Idx {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
  /** The whole file, unzipped. */
  readonly bytes: Uint8Array;
}

const unsignedByte = 8;

/**
 * Reads an IDX file of unsigned bytes, gzipped or not: two zero bytes, the element type, the rank, `rank` big-endian
 * 32-bit sizes, the elements (http://yann.lecun.com/exdb/mnist).
 * @param most bytes that it may have when unzipped
 * @param place the file, for messages
 * @throws BenchError DATA_CORRUPT when it is truncated, of another type or rank, or longer than its header says
 */
export function parseIdx(file: Uint8Array, rank: number, most: number, place: string): Idx {
  const corrupt = (message: string, cause?: unknown) =>
    new BenchError({
      code: 'DATA_CORRUPT',
      place,
      message,
      next: 'delete it and get it again',
      cause,
    });
  const bytes = unzipped(file, most, corrupt);
  const header = 4 + 4 * rank;
  if (bytes.length < 4) throw corrupt(`is truncated: ${bytes.length} bytes, no IDX header`);
  const magic = [...bytes.subarray(0, 4)];
  if (magic[0] !== 0 || magic[1] !== 0 || magic[2] !== unsignedByte || magic[3] !== rank) {
    const hex = (values: number[]) => values.map((value) => value.toString(16).padStart(2, '0')).join(' ');
    throw corrupt(`is not the IDX file it should be: starts with ${hex(magic)}, expected ${hex([0, 0, 8, rank])}`);
  }
  if (bytes.length < header) throw corrupt(`is truncated: its header ends after ${bytes.length} of ${header} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, dim) => product * dim, 1);
  const found = bytes.length - header;
  if (found !== size) {
    const why = found < size ? 'is truncated' : 'is longer than its header says';
    throw corrupt(`${why}: ${shape.join(' × ')} is ${size} bytes, found ${found}`);
  }
  return { shape, data: bytes.subarray(header), bytes };
}

function unzipped(
  file: Uint8Array,
  most: number,
  corrupt: (message: string, cause: unknown) => BenchError,
): Uint8Array {
  const gzipped = file[0] === 0x1f && file[1] === 0x8b;
  if (!gzipped) return file;
  try {
    return gunzipSync(file, { maxOutputLength: most });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw corrupt(`unpacks to more than ${most} bytes`, cause);
    throw corrupt('is a truncated or damaged gzip file', cause);
  }
}
