import { BenchError, type ErrorCode, sizeOf } from '@attribution-bench/contract';
import type { ArrayFile } from './array-files.js';
import type { PutRows } from './dataset.js';
import { checkLength, fortranPlaces, type NpyHeader, npyHeader, npyInvalid } from './npy.js';

/** A NumPy array whose header has been read. */
export interface NpyArray {
  readonly file: ArrayFile;
  readonly header: NpyHeader;
}

/**
 * Reads the header of an array and checks that the file is as long as it says.
 * @throws BenchError NPY_INVALID, DATA_CORRUPT
 */
export async function openNpy(file: ArrayFile): Promise<NpyArray> {
  let bytes = Buffer.alloc(0);
  for await (const part of file.parts()) {
    bytes = Buffer.concat([bytes, part]);
    const header = npyHeader(bytes, file.place);
    if (header === undefined) continue;
    checkLength(header, file.bytes, file.place);
    return { file, header };
  }
  throw npyInvalid(file.place, `is truncated: its header ends after its ${bytes.length} bytes`);
}

/** Elements that follow each other in a file. */
interface Stretch {
  readonly view: DataView;
  readonly count: number;
  /** Index of the first of them. */
  readonly first: number;
}

/**
 * All elements of an array, in the order of the file, which is read in parts.
 * @throws BenchError DATA_CORRUPT
 */
async function* stretches({ file, header: { type, start } }: NpyArray): AsyncGenerator<Stretch> {
  const { width } = type;
  let skip = start;
  let rest: Buffer = Buffer.alloc(0);
  let first = 0;
  for await (const part of file.parts()) {
    if (skip >= part.length) {
      skip -= part.length;
      continue;
    }
    const bytes = rest.length === 0 ? part.subarray(skip) : Buffer.concat([rest, part.subarray(skip)]);
    skip = 0;
    const count = Math.floor(bytes.length / width);
    yield { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), count, first };
    first += count;
    rest = bytes.subarray(count * width);
  }
}

/**
 * The whole numbers of a one-dimensional array.
 * @throws BenchError DATA_CORRUPT naming the element that is none
 */
export async function readWholeNumbers(array: NpyArray, length: number): Promise<Float64Array> {
  const values = await readVector(array, length, 'save one class per point');
  const wrong = values.findIndex((value) => !Number.isSafeInteger(value));
  if (wrong === -1) return values;
  throw bad(array.file.place, `[${wrong}] is ${values[wrong]}, expected a class number`, 'save whole numbers');
}

/**
 * The numbers of a one-dimensional array.
 * @throws BenchError DATA_CORRUPT, DATA_NOT_FINITE naming the element that is none
 */
export async function readNumbers(array: NpyArray, length: number): Promise<Float64Array> {
  const values = await readVector(array, length, 'save one number per point');
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong === -1) return values;
  const next = 'remove the point or put a number there';
  throw bad(array.file.place, `[${wrong}] is ${values[wrong]}`, next, 'DATA_NOT_FINITE');
}

async function readVector(array: NpyArray, length: number, next: string): Promise<Float64Array> {
  const { shape } = array.header;
  if (shape.length !== 1 || shape[0] !== length)
    throw bad(array.file.place, `has shape [${shape.join(', ')}], expected [${length}]`, next);
  const values = new Float64Array(length);
  const { read, width } = array.header.type;
  for await (const { view, count, first } of stretches(array))
    for (let i = 0; i < count; i++) values[first + i] = read(view, i * width);
  return values;
}

/** How the numbers of a point are laid out in its array. */
export type PointLayout = 'channels-last' | 'channels-first';

/**
 * Puts chosen points in their places, one at a time, each number times `scale`. The others are looked at too, so that a number
 * that cannot be used is found wherever it is; those of whole numbers, which can all be used, are passed over, and what follows
 * the last chosen point is not read.
 * @param rows ascending
 * @param layout `channels-first` points [channels × height × width] come out as [height × width × channels]
 * @returns all of them, [rows × dims], of an array in Fortran order, whose points are not one after the other
 * @throws BenchError DATA_NOT_FINITE naming the array, the element and its value; DATA_CORRUPT
 */
export async function readPoints(
  array: NpyArray,
  rows: Int32Array,
  scale: number,
  layout: PointLayout,
  put: PutRows,
): Promise<Float32Array | undefined> {
  const { shape, fortran, type } = array.header;
  const [count, ...pointShape] = shape;
  const dims = sizeOf(pointShape);
  const turned = layout === 'channels-first' ? channelsLast(pointShape) : undefined;
  const usable = (value: number, row: number, column: number): number => {
    const scaled = value * scale;
    if (!Number.isFinite(Math.fround(scaled))) throw unusable(array, row, column, value, scale);
    return scaled;
  };
  if (fortran) return readFortran(array, rows, usable, turned);
  const passes = type.kind !== 'float' && Number.isFinite(Math.fround(largestWhole * scale));
  const point = new Float32Array(dims);
  let place = 0;
  for await (const stretch of stretches(array)) {
    for (let i = 0; i < stretch.count; ) {
      const row = Math.floor((stretch.first + i) / dims);
      const begun = (stretch.first + i) % dims;
      const end = Math.min(dims, begun + stretch.count - i);
      const chosen = row === rows[place];
      if (chosen || !passes)
        for (let column = begun; column < end; column++) {
          const value = usable(type.read(stretch.view, (i + column - begun) * type.width), row, column);
          if (chosen) point[turned === undefined ? column : turned[column]] = value;
        }
      i += end - begun;
      if (chosen && end === dims) put(place++, point);
    }
    if (passes && place === rows.length) return undefined;
  }
  if (place < rows.length) throw bad(array.file.place, `ends before its ${count} points`, 'save the arrays again');
  return undefined;
}

/** No whole number of an array is larger. */
const largestWhole = 2 ** 64;

/** Chosen points of an array whose first index runs fastest, [rows × dims]. */
async function readFortran(
  array: NpyArray,
  rows: Int32Array,
  usable: (value: number, row: number, column: number) => number,
  turned: Int32Array | undefined,
): Promise<Float32Array> {
  const { shape, type } = array.header;
  const [count, ...pointShape] = shape;
  const dims = sizeOf(pointShape);
  const points = new Float32Array(rows.length * dims);
  const placeOfRow = new Int32Array(count).fill(-1);
  for (const [place, row] of rows.entries()) placeOfRow[row] = place;
  const columns = fortranPlaces(pointShape);
  for await (const stretch of stretches(array))
    for (let i = 0; i < stretch.count; i++) {
      const row = (stretch.first + i) % count;
      const column = columns[Math.floor((stretch.first + i) / count)];
      const value = usable(type.read(stretch.view, i * type.width), row, column);
      const place = placeOfRow[row];
      if (place >= 0) points[place * dims + (turned === undefined ? column : turned[column])] = value;
    }
  return points;
}

/** Where each number of a point [channels × height × width] is in [height × width × channels]. */
function channelsLast([channels, ...sides]: readonly number[]): Int32Array {
  const plane = sizeOf(sides);
  return Int32Array.from({ length: channels * plane }, (_, i) => (i % plane) * channels + Math.floor(i / plane));
}

function unusable({ file, header }: NpyArray, row: number, column: number, value: number, scale: number): BenchError {
  const index: number[] = [];
  let rest = column;
  for (const size of header.shape.slice(1).toReversed()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  const element = `[${[row, ...index].join(', ')}]`;
  if (!Number.isFinite(value)) {
    return bad(file.place, `${element} is ${value}`, 'remove the point or put a number there', 'DATA_NOT_FINITE');
  }
  const times = scale === 1 ? '' : `, times data.scale ${scale},`;
  const next = Number.isFinite(Math.fround(value)) ? 'lower data.scale' : 'rescale the values before saving them';
  return bad(file.place, `${element} is ${value}${times} and does not fit a 32-bit float`, next, 'DATA_NOT_FINITE');
}

function bad(place: string, message: string, next: string, code: ErrorCode = 'DATA_CORRUPT'): BenchError {
  return new BenchError({ code, place, message, next });
}
