import type { FolderWriter } from '../folder-writer.js';
import type { TruthToWrite } from './task-to-write.js';
import { writeArray } from './write-points.js';

/** Writes truth that parameters may be chosen on; returns what `task.json` says of it. */
export async function writeTruth(folder: FolderWriter, truth: TruthToWrite, train: number) {
  const { key, fraction, retrainSeeds, seeds, queries, outputs } = truth;
  const subsets = truth.members.length;
  const members = new Uint8Array(subsets * train);
  for (const [subset, points] of truth.members.entries())
    for (const point of points) members[subset * train + point] = 1;
  return {
    key,
    split: 'tune',
    subsets,
    retrainSeeds,
    fraction,
    ...(seeds !== undefined && { seeds }),
    members: await writeArray(folder, 'truth/members.npy', [subsets, train], members, 'uint8'),
    outputs: await writeArray(folder, 'truth/outputs.npy', [subsets, retrainSeeds, queries.length], outputs, 'float32'),
    queries: await writeArray(folder, 'truth/queries.npy', [queries.length], queries, 'int32'),
  };
}
