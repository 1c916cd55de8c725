import { BenchError, isObject, type NdArray, sizeOf } from '@attribution-bench/contract';

/** Arrays by name, each read when it is asked for, and the text about them. */
export interface Safetensors {
  readonly arrays: ReadonlyMap<string, () => NdArray>;
  readonly metadata: Readonly<Record<string, string>>;
}

const largestHeader = 100_000_000;
const types = {
  F64: { bytes: 8, of: (buffer: ArrayBuffer) => new Float64Array(buffer) },
  F32: { bytes: 4, of: (buffer: ArrayBuffer) => new Float32Array(buffer) },
  I32: { bytes: 4, of: (buffer: ArrayBuffer) => new Int32Array(buffer) },
  U8: { bytes: 1, of: (buffer: ArrayBuffer) => new Uint8Array(buffer) },
} as const;

/**
 * Reads a safetensors file of anybody's (https://github.com/huggingface/safetensors).
 * @throws BenchError SCORES_FILE naming the file and what is wrong with it
 */
export function readSafetensors(file: Buffer, place: string): Safetensors {
  const fail = (message: string) =>
    new BenchError({ code: 'SCORES_FILE', place, message, next: 'save it again with safetensors' });
  const length = file.length < 8 ? -1 : Number(file.readBigUInt64LE(0));
  if (length < 2 || length > largestHeader || 8 + length > file.length)
    throw fail('is truncated or not a safetensors file');
  let header: unknown;
  try {
    header = JSON.parse(file.toString('utf8', 8, 8 + length));
  } catch {
    throw fail('has a header that is not JSON');
  }
  if (!isObject(header)) throw fail('has a header that is not JSON object');
  const { __metadata__: about = {}, ...entries } = header;
  if (!isObject(about) || !Object.values(about).every((value) => typeof value === 'string'))
    throw fail('has metadata that is not text');
  const data = file.subarray(8 + length);
  const arrays = Object.entries(entries).map(([name, entry]): [string, () => NdArray] => {
    const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : {};
    const named = `describes its array ${JSON.stringify(name.slice(0, 80))}`;
    if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) throw fail(`${named} in an unknown form`);
    const [start, end] = offsets;
    return [
      name,
      () => {
        const type = types[dtype as keyof typeof types];
        if (type === undefined)
          throw fail(`${named} as ${JSON.stringify(dtype)}; ${Object.keys(types).join(', ')} are read`);
        if (end - start !== sizeOf(shape) * type.bytes || end > data.length)
          throw fail(`${named} with offsets that do not match its shape`);
        return { shape, data: type.of(new Uint8Array(data.subarray(start, end)).buffer) };
      },
    ];
  });
  return { arrays: new Map(arrays), metadata: { ...about } as Readonly<Record<string, string>> };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((number) => Number.isSafeInteger(number) && number >= 0);
}
