import { BenchError, type NdArray, sizeOf } from '@attribution-bench/contract';

const magic = '\x93NUMPY';
const largestRank = 8;
const largestHeader = 1 << 20;

/** The elements of a NumPy file, as NumPy names their type. */
export interface ElementType {
  readonly descr: string;
  /** Bytes of an element. */
  readonly width: number;
  readonly kind: 'float' | 'integer' | 'boolean';
  read(view: DataView, at: number): number;
}

/** What the header of a NumPy file says, and where its data start. */
export interface NpyHeader {
  readonly shape: readonly number[];
  /** Whether the first index runs fastest. */
  readonly fortran: boolean;
  readonly type: ElementType;
  /** Byte of the first element. */
  readonly start: number;
}

/** A header as it is written: what its elements are is not looked into. */
export interface NpyOutline extends Omit<NpyHeader, 'type'> {
  readonly descr: string;
}

/**
 * Reads the header of a NumPy file, format 1 to 3 (numpy.lib.format), of whatever elements.
 * @param bytes the beginning of the file
 * @returns undefined when the header goes on after `bytes`
 * @throws BenchError NPY_INVALID naming the file and what is wrong with it
 */
export function npyOutline(bytes: Uint8Array, place: string): NpyOutline | undefined {
  const latin = (start: number, end: number) => Buffer.from(bytes.subarray(start, end)).toString('latin1');
  if (latin(0, 6) !== magic.slice(0, bytes.length)) throw npyInvalid(place, 'is not a NumPy file');
  if (bytes.length < 12) return undefined;
  const version = bytes[6];
  if (version < 1 || version > 3) throw npyInvalid(place, `is a NumPy file of format ${version}; 1 to 3 are read`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [lengthBytes, headerLength] = version === 1 ? [2, view.getUint16(8, true)] : [4, view.getUint32(8, true)];
  if (headerLength > largestHeader) throw npyInvalid(place, `announces a header of ${headerLength} bytes`);
  const start = 8 + lengthBytes + headerLength;
  if (start > bytes.length) return undefined;
  const header = latin(8 + lengthBytes, start);
  const descr = /'descr': '([^']+)'/.exec(header)?.[1];
  const order = /'fortran_order': (True|False)/.exec(header)?.[1];
  const dims = /'shape': \(([^)]*)\)/.exec(header)?.[1];
  if (/'descr': \[/.test(header)) throw unreadable(place, 'records of several fields');
  if (descr === undefined || order === undefined || dims === undefined) {
    throw npyInvalid(place, `has an unreadable header: ${header.trim().slice(0, 200)}`);
  }
  const shape = dims
    .split(',')
    .map((dim) => dim.trim().replace(/L$/, ''))
    .filter((dim) => dim !== '')
    .map(Number);
  const fits = shape.length <= largestRank && Number.isSafeInteger(sizeOf(shape));
  if (!fits || !shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    throw npyInvalid(place, `has an unreadable shape (${dims})`);
  }
  return { shape, fortran: order === 'True', descr, start };
}

/**
 * Reads the header of a NumPy file, see {@link npyOutline}. Floats of 16 to 64 bits, integers of 8 to 64 bits and booleans
 * are read, in either byte order and either order of axes.
 * @throws BenchError NPY_INVALID
 */
export function npyHeader(bytes: Uint8Array, place: string): NpyHeader | undefined {
  const outline = npyOutline(bytes, place);
  if (outline === undefined) return undefined;
  const { descr, ...rest } = outline;
  return { ...rest, type: elementType(descr, place) };
}

/**
 * Parses a whole NumPy file, see {@link npyHeader}, into C order: floats as they are (half precision as `float32`), integers
 * as Int32Array (unsigned bytes and booleans as Uint8Array).
 * @param place the file, for messages
 * @throws BenchError NPY_INVALID naming the file and what is wrong with it
 */
export function parseNpy(bytes: Uint8Array, place: string): NdArray {
  const header = npyHeader(bytes, place);
  if (header === undefined) throw npyInvalid(place, `is truncated: its header ends after its ${bytes.length} bytes`);
  const { shape, type, start } = header;
  checkLength(header, bytes.length, place);
  const size = sizeOf(shape);
  const data = new (arrayOf(type))(size);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start);
  const places = header.fortran ? fortranPlaces(shape) : undefined;
  const exact = data instanceof Int32Array;
  for (let i = 0; i < size; i++) {
    const value = type.read(view, i * type.width);
    data[places === undefined ? i : places[i]] = value;
    if (exact && value !== value >> 0) throw npyInvalid(place, `holds ${value}, which no 32-bit integer can hold`);
  }
  return { shape, data };
}

/** @throws BenchError NPY_INVALID unless a file of `bytes` holds exactly what its header says */
export function checkLength({ shape, type, start }: NpyHeader, bytes: number, place: string): void {
  const found = bytes - start;
  const expected = sizeOf(shape) * type.width;
  if (found === expected) return;
  throw npyInvalid(place, `holds ${found} bytes of data, expected ${expected} for the shape (${shape.join(', ')})`);
}

/** Where each element of an array in Fortran order is in C order, [elements]. */
export function fortranPlaces(shape: readonly number[]): Int32Array {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const index = shape.map(() => 0);
  return Int32Array.from({ length: sizeOf(shape) }, () => {
    const place = index.reduce((sum, at, axis) => sum + at * strides[axis], 0);
    for (let axis = 0; axis < shape.length && ++index[axis] === shape[axis]; axis++) index[axis] = 0;
    return place;
  });
}

export function npyInvalid(place: string, message: string, next = 'save it again with numpy.save'): BenchError {
  return new BenchError({ code: 'NPY_INVALID', place, message, next });
}

function unreadable(place: string, what: string): BenchError {
  return npyInvalid(
    place,
    `holds ${what}; floats of 16 to 64 bits, integers of 8 to 64 bits and booleans are read`,
    'save it as one of them, e.g. array.astype("float32")',
  );
}

function arrayOf({
  descr,
  kind,
  width,
}: ElementType): typeof Float64Array | typeof Float32Array | typeof Int32Array | typeof Uint8Array {
  if (kind === 'float') return width === 8 ? Float64Array : Float32Array;
  return kind === 'boolean' || descr.endsWith('u1') ? Uint8Array : Int32Array;
}

function elementType(descr: string, place: string): ElementType {
  const [, order, code, digits] = /^([<>|=])([a-zA-Z])(\d*)$/.exec(descr) ?? [];
  const width = Number(digits);
  const read = readers[`${code}${digits}`]?.(order !== '>');
  if (read === undefined) throw unreadable(place, `elements of type ${descr}`);
  return { descr, width, kind: code === 'f' ? 'float' : code === 'b' ? 'boolean' : 'integer', read };
}

type Read = ElementType['read'];
const readers: Readonly<Record<string, ((little: boolean) => Read) | undefined>> = {
  f2: (little) => (view, at) => halfPrecision(view.getUint16(at, little)),
  f4: (little) => (view, at) => view.getFloat32(at, little),
  f8: (little) => (view, at) => view.getFloat64(at, little),
  i1: () => (view, at) => view.getInt8(at),
  i2: (little) => (view, at) => view.getInt16(at, little),
  i4: (little) => (view, at) => view.getInt32(at, little),
  i8: (little) => (view, at) => Number(view.getBigInt64(at, little)),
  u1: () => (view, at) => view.getUint8(at),
  u2: (little) => (view, at) => view.getUint16(at, little),
  u4: (little) => (view, at) => view.getUint32(at, little),
  u8: (little) => (view, at) => Number(view.getBigUint64(at, little)),
  b1: () => (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
};

/** The value of an IEEE 754 half: 1 bit of sign, 5 of exponent, 10 of fraction. */
function halfPrecision(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
