import { BenchError } from '@attribution-bench/contract';
import type { Partition } from './dataset.js';
import type { Normalisation } from './normalisation.js';

/**
 * Rows of a partition as a model is fed them, [rows × dims].
 * @throws BenchError DATA_NOT_FINITE
 */
export async function readPoints(
  { name, values, scale }: Partition,
  rows: Int32Array,
  dims: number,
  { mean, std }: Normalisation,
): Promise<Float32Array> {
  const read = typeof values === 'function' ? await values(rows) : undefined;
  const inputs = new Float32Array(rows.length * dims);
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < dims; j++) {
      const value = (read === undefined ? (values as Uint8Array)[row * dims + j] : read[i * dims + j]) * scale;
      inputs[i * dims + j] = (value - mean) / std;
      if (!Number.isFinite(inputs[i * dims + j])) throw notFinite(`${name}/${row}`, j, value);
    }
  }
  return inputs;
}

function notFinite(point: string, at: number, value: number): BenchError {
  return new BenchError({
    code: 'DATA_NOT_FINITE',
    place: `point ${point}`,
    message: `has ${value} as number ${at}, which does not fit a 32-bit float`,
    next: 'rescale the data',
  });
}
