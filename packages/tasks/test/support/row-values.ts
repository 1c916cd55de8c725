import type { Partition } from '../../src/data/dataset.js';

/** The values of all rows of a partition, read as a task reads them. */
export async function rowValues({ values, labels }: Partition): Promise<Uint8Array | Float32Array> {
  return typeof values === 'function' ? values(Int32Array.from(labels, (_, row) => row)) : values;
}
