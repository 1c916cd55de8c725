import { BenchError, type ErrorCode, sizeOf } from '@attribution-bench/contract';
import type { ArrayFile } from './array-files.js';
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

/**
 * All elements of an array, in the order of the file, which is read in parts.
 * @throws BenchError DATA_CORRUPT
 */
async function eachElement(
  { file, header: { type, start } }: NpyArray,
  visit: (value: number, index: number) => void,
): Promise<void> {
  const { width } = type;
  let skip = start;
  let rest: Buffer = Buffer.alloc(0);
  let index = 0;
  for await (const part of file.parts()) {
    if (skip >= part.length) {
      skip -= part.length;
      continue;
    }
    const bytes = rest.length === 0 ? part.subarray(skip) : Buffer.concat([rest, part.subarray(skip)]);
    skip = 0;
    const whole = Math.floor(bytes.length / width);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < whole; i++) visit(type.read(view, i * width), index++);
    rest = bytes.subarray(whole * width);
  }
}

/**
 * The whole numbers of a one-dimensional array.
 * @throws BenchError DATA_CORRUPT naming the element that is none
 */
export async function readWholeNumbers(array: NpyArray, length: number): Promise<Float64Array> {
  const { shape } = array.header;
  if (shape.length !== 1 || shape[0] !== length) {
    throw bad(array.file.place, `has shape [${shape.join(', ')}], expected [${length}]`, 'save one class per point');
  }
  const values = new Float64Array(length);
  await eachElement(array, (value, index) => {
    if (!Number.isSafeInteger(value)) {
      throw bad(array.file.place, `[${index}] is ${value}, expected a class number`, 'save whole numbers');
    }
    values[index] = value;
  });
  return values;
}

/** How the numbers of a point are laid out in its array. */
export type PointLayout = 'channels-last' | 'channels-first';

/**
 * Reads chosen points, [rows × dims], each number times `scale`; the others are looked at too, so that a number that cannot
 * be used is found wherever it is. Memory is for the chosen points only.
 * @param rows ascending
 * @param layout `channels-first` points [channels × height × width] come out as [height × width × channels]
 * @throws BenchError DATA_NOT_FINITE naming the array, the element and its value; DATA_CORRUPT
 */
export async function readPoints(
  array: NpyArray,
  rows: Int32Array,
  scale: number,
  layout: PointLayout,
): Promise<Float32Array> {
  const { shape, fortran } = array.header;
  const [count, ...pointShape] = shape;
  const dims = sizeOf(pointShape);
  const points = new Float32Array(rows.length * dims);
  const placeOfRow = new Int32Array(count).fill(-1);
  for (const [place, row] of rows.entries()) placeOfRow[row] = place;
  const inFile = fortran ? fortranPlaces(pointShape) : undefined;
  const turned = layout === 'channels-first' ? channelsLast(pointShape) : undefined;
  await eachElement(array, (value, index) => {
    const row = fortran ? index % count : Math.floor(index / dims);
    const nth = fortran ? Math.floor(index / count) : index % dims;
    const column = inFile === undefined ? nth : inFile[nth];
    const scaled = value * scale;
    if (!Number.isFinite(Math.fround(scaled))) throw unusable(array, row, column, value, scale);
    const place = placeOfRow[row];
    if (place >= 0) points[place * dims + (turned === undefined ? column : turned[column])] = scaled;
  });
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
