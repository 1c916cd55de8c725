import { join } from 'node:path';
import { Cancelled, type CancelSignal } from '@attribution-bench/contract';
import { type TaskToWrite, type TruthToWrite, writeTaskFolder } from '@attribution-bench/exchange';
import { openStore, type Store } from '@attribution-bench/store';
import { readArtifact } from '../artifacts/codec.js';
import { truthPart } from '../artifacts/truth.js';
import { readData } from '../steps/read-data.js';
import { readModels } from '../steps/read-models.js';
import type { ExportPlan } from './plan-export.js';

export interface ExportOptions {
  /** Whether what the folder holds goes. */
  readonly replace: boolean;
  readonly cancel: AbortSignal;
}

/**
 * Writes a task, whose steps are done, into a folder.
 * @throws BenchError STORE_* where a step is not done or the folder cannot be written; Cancelled
 */
export async function exportTask(planned: ExportPlan, folder: string, options: ExportOptions): Promise<TaskToWrite> {
  const { plan, source, models, truth } = planned;
  const store = openStore(join(plan.resultsFolder, 'store'));
  const data = await readData(store, source);
  const task: TaskToWrite = {
    spec: source.spec,
    key: source.key,
    data,
    methodSeed: models.seed,
    ...(await readModels(store, source, models)),
    ...(truth === undefined ? {} : { truth: await truthToWrite(store, truth, data.labels.length) }),
  };
  await writeTaskFolder(folder, task, { replace: options.replace, cancel: signalOf(options.cancel) });
  return task;
}

/** The part of a truth on which parameters are chosen. */
async function truthToWrite(
  store: Store,
  { key, rule, output, tune }: NonNullable<ExportPlan['truth']>,
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
    members: Array.from(tune.subsets, (subset) => members[subset]),
    queries: tune.queries,
    outputs: chosen,
  };
}

function signalOf(signal: AbortSignal): CancelSignal {
  return {
    get aborted() {
      return signal.aborted;
    },
    throwIfAborted() {
      if (signal.aborted) throw new Cancelled();
    },
  };
}
