import { BenchError, type NdArray, type NumericArray, sizeOf } from '@attribution-bench/contract';

const magic = '\x93NUMPY';
const largestRank = 8;

/**
 * Parses a NumPy file, format 1 to 3: C order, little endian, `float32`, `float64`, `int32`, `uint8`, and `int64` whose
 * values fit an Int32Array.
 * @param place the file, for messages
 * @throws BenchError NPY_INVALID naming the file and what is wrong with it
 */
export function parseNpy(bytes: Uint8Array, place: string): NdArray {
  const invalid = (message: string) =>
    new BenchError({ code: 'NPY_INVALID', place, message, next: 'save it again with numpy.save' });
  const latin = (start: number, end: number) => Buffer.from(bytes.subarray(start, end)).toString('latin1');
  const version = bytes[6];
  const lengthBytes = version === 1 ? 2 : 4;
  if (latin(0, 6) !== magic || version < 1 || version > 3 || bytes.length < 8 + lengthBytes) {
    throw invalid('is not a NumPy file');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = lengthBytes === 2 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = 8 + lengthBytes + headerLength;
  if (start > bytes.length) throw invalid(`is truncated: its header ends at byte ${start} of ${bytes.length}`);
  const header = latin(8 + lengthBytes, start);
  const descr = /'descr': '([^']+)'/.exec(header)?.[1];
  const dims = /'shape': \(([^)]*)\)/.exec(header)?.[1];
  if (descr === undefined || dims === undefined) throw invalid(`has an unreadable header: ${header.trim()}`);
  if (header.includes("'fortran_order': True")) throw invalid('is in Fortran order; C order is read');
  const shape = dims
    .split(',')
    .map((dim) => dim.trim())
    .filter((dim) => dim !== '')
    .map(Number);
  if (shape.length > largestRank || !shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    throw invalid(`has an unreadable shape (${dims})`);
  }
  if (!Object.hasOwn(decoders, descr)) throw invalid(`holds ${descr}; ${Object.keys(decoders).join(', ')} are read`);
  const { width, decode } = decoders[descr];
  const found = bytes.length - start;
  if (found !== sizeOf(shape) * width) {
    throw invalid(`holds ${found} bytes of data, expected ${sizeOf(shape) * width} for the shape (${dims})`);
  }
  try {
    return { shape, data: decode(new Uint8Array(bytes.subarray(start)).buffer) };
  } catch (error) {
    throw invalid((error as Error).message);
  }
}

const decoders: Readonly<Record<string, { width: number; decode(buffer: ArrayBuffer): NumericArray }>> = {
  '<f4': { width: 4, decode: (buffer) => new Float32Array(buffer) },
  '<f8': { width: 8, decode: (buffer) => new Float64Array(buffer) },
  '<i4': { width: 4, decode: (buffer) => new Int32Array(buffer) },
  '|u1': { width: 1, decode: (buffer) => new Uint8Array(buffer) },
  '<i8': { width: 8, decode: (buffer) => Int32Array.from(new BigInt64Array(buffer), int32) },
};

function int32(value: bigint): number {
  if (BigInt.asIntN(32, value) !== value) throw new Error(`holds ${value}, which no 32-bit integer can hold`);
  return Number(value);
}
