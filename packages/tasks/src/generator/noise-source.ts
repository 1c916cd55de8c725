import { childSeed, type Seed, sha256 } from '@attribution-bench/contract';
import { type NormalRows, normalRows } from './normal-rows.js';

/**
 * The noise of points: it depends on the seed, the numbers of the point, and the row asked for, so that equal points
 * get equal noise, their order does not matter, and all models see the same.
 */
export type NoiseSource = (point: number) => NormalRows;

/** @param inputs [points × dims] */
export function noiseSource(seed: Seed, inputs: Float32Array, dims: number): NoiseSource {
  const known = new Map<number, Seed>();
  return (point) => {
    let own = known.get(point);
    if (own === undefined) {
      const row = inputs.subarray(point * dims, (point + 1) * dims);
      own = childSeed(seed, sha256(new Uint8Array(row.buffer, row.byteOffset, row.byteLength)));
      known.set(point, own);
    }
    return normalRows(own, dims);
  };
}
