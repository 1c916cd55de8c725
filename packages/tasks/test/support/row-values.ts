import { sizeOf } from '@attribution-bench/contract';
import type { PointSource } from '../../src/data/dataset.js';
import { readPoints } from '../../src/data/read-points.js';

/** The values of some rows of the training points of a source (default: all), read as a task reads them, before they are scaled. */
export function rowValues(
  { train, inputShape }: Pick<PointSource, 'train' | 'inputShape'>,
  rows = Int32Array.from(train.labels, (_, row) => row),
): Promise<Float32Array> {
  return readPoints({ ...train, scale: 1 }, rows, sizeOf(inputShape), { mean: 0, std: 1 });
}
