import { join } from 'node:path';
import { canonicalJson, type Json } from '@attribution-bench/contract';
import { type Collected, openStore, type Store } from '@attribution-bench/store';
import type { Plan } from '../model/plan.js';
import { foreignTruthStep } from '../steps/kinds/foreign-truth.js';
import { metricStep } from '../steps/kinds/metric.js';
import { retrainStep } from '../steps/kinds/retrain.js';
import { metricRetrainingParts } from '../steps/retrain-for-metric.js';

/**
 * Results in the store that none of the plans needs, stored or still to be made. `remove: false` only lists them. Which
 * models a metric has trained depends on scores, so no plan names them: all those of a planned task are kept as long as
 * the task has a metric that retrains. So are published truths that were imported, which nothing here could make again.
 */
export async function collectGarbage(
  plans: readonly Plan[],
  options: { readonly resultsFolder: string; readonly remove: boolean },
): Promise<Collected> {
  const store = openStore(join(options.resultsFolder, 'store'));
  const keep = new Set(plans.flatMap(({ steps }) => steps.flatMap(({ outputs }) => outputs.map(({ key }) => key))));
  for await (const key of metricRetrainings(store, plans)) keep.add(key);
  for await (const { key } of store.list(foreignTruthStep.kind)) keep.add(key);
  return store.collect(keep, { remove: options.remove });
}

type Parts = Readonly<Record<string, Json>>;

/** Keys of stored retrainings of tasks that a plan has a retraining metric for. */
async function* metricRetrainings(store: Store, plans: readonly Plan[]): AsyncGenerator<string> {
  const wanted = new Map<string, Parts>();
  for (const step of plans.flatMap(({ steps }) => steps)) {
    const job = metricStep.jobOf(step);
    if (job === undefined || job.task.spec === undefined || metricStep.code?.(job).network === undefined) continue;
    const parts = await metricRetrainingParts(job.task);
    wanted.set(canonicalJson(parts), parts);
  }
  if (wanted.size === 0) return;
  for await (const ref of store.list(retrainStep.kind)) {
    const made = await madeOf(store, ref);
    const fits = (parts: Parts) => Object.entries(parts).every(([name, value]) => made[name] === value);
    if ([...wanted.values()].some(fits)) yield ref.key;
  }
}

/** What a stored result was made from; nothing where that cannot be read, and the file is set aside. */
async function madeOf(store: Store, ref: { readonly kind: string; readonly key: string }): Promise<Parts> {
  try {
    return JSON.parse((await store.readMetadata(ref)).made ?? '{}');
  } catch {
    return {};
  }
}
