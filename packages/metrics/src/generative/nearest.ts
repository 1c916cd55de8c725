import { squaredDistanceBlocks } from '@attribution-bench/numerics';
import type { Points } from './feature-sets.js';

export interface Nearest {
  /** Squared distance to the nearest, [points]. */
  readonly distances: Float64Array;
  /** Which it is, the first of several at one distance, [points]. */
  readonly indices: Int32Array;
}

/** The nearest of others to each point; `apart` takes the two for one set and leaves out each point itself. */
export async function nearest(points: Points, others: Points, apart = false): Promise<Nearest> {
  const distances = new Float64Array(points.count).fill(Infinity);
  const indices = new Int32Array(points.count);
  for await (const { start, rows, data } of squaredDistanceBlocks(points.data, others.data, points.dims))
    for (let i = start; i < start + rows; i++)
      for (let j = 0; j < others.count; j++) {
        const distance = data[(i - start) * others.count + j];
        if (distance < distances[i] && !(apart && i === j)) {
          distances[i] = distance;
          indices[i] = j;
        }
      }
  return { distances, indices };
}
