import { BenchError } from '@attribution-bench/contract';
import type { Partition, PutRows } from './dataset.js';
import type { Normalisation } from './normalisation.js';
import { pointArray } from './point-array.js';

/**
 * Rows of a partition as a model is fed them, [rows × dims]. Where the partition reads some rows at a time, there is no other
 * copy of all of them on the way.
 * @throws BenchError DATA_NOT_FINITE; DATA_CORRUPT when the partition gives more or fewer numbers than these rows have
 */
export async function readPoints(
  { name, values, scale }: Partition,
  rows: Int32Array,
  dims: number,
  { mean, std }: Normalisation,
): Promise<Float32Array> {
  const inputs = pointArray(rows.length * dims);
  let found = 0;
  const put: PutRows = (place, block) => {
    const start = place * dims;
    if (start + block.length > inputs.length) throw otherSize(name, rows, dims, start + block.length);
    for (let i = 0; i < block.length; i++) {
      const value = block[i] * scale;
      inputs[start + i] = (value - mean) / std;
      if (!Number.isFinite(inputs[start + i]))
        throw notFinite(`${name}/${rows[Math.floor((start + i) / dims)]}`, (start + i) % dims, value);
    }
    found += block.length;
  };
  if (typeof values === 'function') {
    const whole = await values(rows, put);
    if (whole !== undefined) put(0, whole);
  } else putRows(values, rows, dims, put);
  if (found !== inputs.length) throw otherSize(name, rows, dims, found);
  return inputs;
}

/** Puts some rows of a matrix in their places, rows that follow each other together. */
function putRows(matrix: Uint8Array | Float32Array, rows: Int32Array, dims: number, put: PutRows): void {
  for (let first = 0; first < rows.length; ) {
    let end = first + 1;
    while (end < rows.length && rows[end] === rows[end - 1] + 1) end++;
    put(first, matrix.subarray(rows[first] * dims, (rows[end - 1] + 1) * dims));
    first = end;
  }
}

function notFinite(point: string, at: number, value: number): BenchError {
  return new BenchError({
    code: 'DATA_NOT_FINITE',
    place: `point ${point}`,
    message: `has ${value} as number ${at}, which does not fit a 32-bit float`,
    next: 'rescale the data',
  });
}

function otherSize(name: string, rows: Int32Array, dims: number, found: number): BenchError {
  return new BenchError({
    code: 'DATA_CORRUPT',
    place: `points of ${name}`,
    message: `were read as ${found} numbers, expected ${rows.length} points of ${dims}`,
    next: 'let values(rows) of the dataset give each of these rows once, whole, and no others',
  });
}
