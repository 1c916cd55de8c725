import { cpus } from 'node:os';
import { type PlainError, toPlainError } from '@attribution-bench/contract';
import type { ArtifactCost, Store } from '@attribution-bench/store';
import { extendHistory, type History } from '../journal/cost-history.js';
import { summarise } from '../journal/likeness.js';
import type { PlannedStep } from '../model/step.js';
import type { WorkResult } from '../model/work.js';
import { isPacked } from '../steps/registry.js';
import { type Forecast, newForecast } from './forecast.js';
import { isQuick, type Packing } from './pack-results.js';

/** What steps have cost in this run. */
export interface CostBook {
  readonly forecast: Forecast;
  /**
   * Keeps what a result cost, and what it was made from, beside it or in its pack; and results that are not stored yet.
   * @returns an error when that cannot be written
   */
  note(
    step: PlannedStep,
    result: Extract<WorkResult, { status: 'done' }>,
    cost: ArtifactCost,
  ): Promise<PlainError | undefined>;
  /** Adds to what is known of this machine, for later estimates. */
  keep(resultsFolder: string): Promise<void>;
}

/** The model of this machine's processors: the last bits of results may depend on it, keys do not. */
const processor = cpus()[0]?.model ?? process.arch;

/** @param history what steps took on this machine in earlier runs */
export function openCostBook(store: Store, packing: Packing, history: History): CostBook {
  const forecast = newForecast(history);
  const measured: { step: PlannedStep; measured: ArtifactCost }[] = [];
  return {
    forecast,
    async note(step, { report, pace, gathered }, cost) {
      measured.push({ step, measured: { ...cost, seconds: pace.seconds } });
      forecast.note(step, cost.seconds);
      const noted = { ...cost, seconds: report.seconds, processor };
      try {
        if (isPacked(step)) await packing.add(step, noted, gathered, !isQuick(cost));
        else {
          await store.writeCost(step.outputs[0], noted);
          await store.writeLatest(step.place, step.outputs[0].made);
        }
        return undefined;
      } catch (error) {
        return toPlainError(error);
      }
    },
    keep: (resultsFolder) => extendHistory(resultsFolder, summarise(measured)),
  };
}
