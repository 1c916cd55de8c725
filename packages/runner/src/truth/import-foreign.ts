import { type AboutForeignTruth, runsOf } from '@attribution-bench/exchange';
import { openStore } from '@attribution-bench/store';
import { keepForeign } from '../prepare/prepare-foreign.js';

export interface ImportedForeign extends AboutForeignTruth {
  /** Names it in a grid. */
  readonly key: string;
  readonly subsets: number;
  readonly train: number;
  readonly queries: number;
  /** Single runs of each subset whose outputs are known. */
  readonly singleRuns: number;
}

/**
 * Puts a truth that others published into a store.
 * @param folder in the layout `bench/foreign-truth@1`
 * @throws BenchError FOREIGN_MISSING, FOREIGN_INVALID, NPY_INVALID, STORE_*
 */
export async function importForeign(folder: string, storeLocation: string): Promise<ImportedForeign> {
  const { truth, output } = await keepForeign(folder, openStore(storeLocation));
  const { about, train, queries, members } = truth;
  return {
    ...about,
    key: output.key,
    subsets: members.length,
    train: train.count,
    queries: queries.count,
    singleRuns: about.single ? runsOf(truth) : 0,
  };
}
