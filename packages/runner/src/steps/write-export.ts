import type { CancelSignal, Split } from '@attribution-bench/contract';
import { type TaskToWrite, type TruthToWrite, writeTaskFolder } from '@attribution-bench/exchange';
import type { ArtifactOutput, Store } from '@attribution-bench/store';
import { readArtifact } from '../artifacts/codec.js';
import { truthPart } from '../artifacts/truth.js';
import type { TaskSource } from '../model/job.js';
import type { SubsetRule } from '../model/subset-rule.js';
import type { PointMemory } from './point-memory.js';
import { readData } from './read-data.js';
import { readModels, type StoredModels } from './read-models.js';

/** A task to export, as plain data. */
export interface ExportJob {
  readonly source: TaskSource;
  readonly models: StoredModels;
  readonly truth?: TruthToExport;
  readonly folder: string;
  /** Whether what the folder holds goes. */
  readonly replace: boolean;
}

export interface TruthToExport {
  readonly key: string;
  readonly rule: SubsetRule;
  readonly output: ArtifactOutput;
  /** The part on which parameters are chosen. */
  readonly tune: Split;
}

/**
 * Writes a task, whose steps are done, into a folder. Its network may be a user's code.
 * @throws BenchError STORE_* where a step is not done or the folder cannot be written; Cancelled
 */
export async function writeExport(
  job: ExportJob,
  store: Store,
  points: PointMemory,
  cancel: CancelSignal,
): Promise<void> {
  const { source, models, truth, folder, replace } = job;
  const data = await readData(store, source, points);
  const task: TaskToWrite = {
    spec: source.spec,
    key: source.key,
    data,
    methodSeed: models.modelSeed,
    ...(await readModels(store, source, models)),
    ...(truth === undefined ? {} : { truth: await truthToWrite(store, truth, data.labels.length) }),
  };
  await writeTaskFolder(folder, task, { replace, cancel });
}

async function truthToWrite(
  store: Store,
  { key, rule, output, tune }: TruthToExport,
  train: number,
): Promise<TruthToWrite> {
  const { retrainSeeds, queries, members, outputs } = await readArtifact(
    store,
    output,
    truthPart({ key, train, ...rule }),
  );
  const chosen = new Float32Array(tune.subsets.length * retrainSeeds * tune.queries.length);
  let next = 0;
  for (const subset of tune.subsets)
    for (let seed = 0; seed < retrainSeeds; seed++)
      for (const query of tune.queries) chosen[next++] = outputs[(subset * retrainSeeds + seed) * queries + query];
  return {
    key,
    fraction: rule.fraction,
    retrainSeeds,
    ...(rule.seeds !== undefined && { seeds: rule.seeds }),
    members: Array.from(tune.subsets, (subset) => members[subset]),
    queries: tune.queries,
    outputs: chosen,
  };
}
