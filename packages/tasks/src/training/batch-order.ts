import { Rng, type Seed } from '@attribution-bench/contract';

/** The training rows of each step of an epoch, [steps × batch], padded in the last step with -1. */
export type EpochRows = () => Int32Array;

/** Each call gives the next epoch: the members in a new random order, cut into batches, the last one partial. */
export function batchOrder(seed: Seed, members: Int32Array, batch: number): EpochRows {
  const rng = new Rng(seed);
  const steps = stepsPerEpoch(members.length, batch);
  return () => {
    const rows = new Int32Array(steps * batch).fill(-1);
    rows.set(rng.shuffle(members.slice()));
    return rows;
  };
}

export function stepsPerEpoch(members: number, batch: number): number {
  return Math.ceil(members / batch);
}

/**
 * Weight of each place of each batch of an epoch, [steps × batch]: 1 / (points in the batch), 0 where padded, so that a
 * weighted sum of losses is the mean over the batch. It is the same for all runs with equally many members.
 */
export function batchWeights(members: number, batch: number): Float32Array {
  return Float32Array.from({ length: stepsPerEpoch(members, batch) * batch }, (_, place) => {
    const first = place - (place % batch);
    return place < members ? 1 / Math.min(batch, members - first) : 0;
  });
}
