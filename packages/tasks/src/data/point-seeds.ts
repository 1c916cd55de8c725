import { childSeed, type Seed, sha256 } from '@attribution-bench/contract';

/**
 * A seed for each point that depends on the numbers of the point and not on its place, so that equal points draw alike and
 * their order does not matter.
 * @param inputs [points × dims]
 */
export function pointSeeds(seed: Seed, inputs: Float32Array, dims: number): (point: number) => Seed {
  const known = new Map<number, Seed>();
  return (point) => {
    let own = known.get(point);
    if (own === undefined) {
      const row = inputs.subarray(point * dims, (point + 1) * dims);
      own = childSeed(seed, sha256(new Uint8Array(row.buffer, row.byteOffset, row.byteLength)));
      known.set(point, own);
    }
    return own;
  };
}
