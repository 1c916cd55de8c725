import type { TrainedModel } from '@attribution-bench/exchange';
import type { ArtifactRef, Store } from '@attribution-bench/store';
import type { LoadedCheckpoint } from '@attribution-bench/tasks';
import { readArtifact } from '../artifacts/codec.js';
import { runArtifact } from '../artifacts/training-run.js';
import type { TaskSource } from '../model/job.js';
import { readRun } from './kinds/train.js';

/** Where the models of a method's seed are stored. */
export interface StoredModels {
  readonly modelSeed: number;
  /** Runs 0, 1, ... */
  readonly checkpoints: readonly ArtifactRef[];
  /** The run whose snapshots are the trajectory. */
  readonly trajectory?: ArtifactRef;
}

/** Reads models as they are written for other programs. @throws BenchError STORE_MISSING, STORE_CORRUPT */
export async function readModels(
  store: Store,
  source: TaskSource,
  { modelSeed, checkpoints, trajectory }: StoredModels,
): Promise<{ readonly checkpoints: readonly TrainedModel[]; readonly trajectory: readonly LoadedCheckpoint[] }> {
  const final = checkpoints.map(async (ref, run): Promise<TrainedModel> => {
    const models = await readRun(store, ref, source, modelSeed, run);
    const { losses } = await readArtifact(store, ref, runArtifact);
    return { checkpoint: models[models.length - 1], losses };
  });
  return {
    checkpoints: await Promise.all(final),
    trajectory: trajectory === undefined ? [] : await readRun(store, trajectory, source, modelSeed, 0),
  };
}
