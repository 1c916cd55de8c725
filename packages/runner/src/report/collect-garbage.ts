import { BenchError, canonicalJson, type Json } from '@attribution-bench/contract';
import { type Collected, openStore, type Store } from '@attribution-bench/store';
import type { Plan } from '../model/plan.js';
import { foreignTruthStep } from '../steps/kinds/foreign-truth.js';
import { metricStep } from '../steps/kinds/metric.js';
import { retrainStep } from '../steps/kinds/retrain.js';
import { trainStep } from '../steps/kinds/train.js';
import { metricRetrainingParts } from '../steps/retrain-for-metric.js';

/**
 * Results in the store that none of the plans needs, stored or still to be made. `remove: false` only lists them. Which
 * models a metric has trained depends on scores, so no plan names them: all those of a planned task are kept as long as
 * the task has a metric that retrains. So are published truths that were imported, which nothing here could make again.
 * @throws BenchError STORE_MISSING where results of a task are stored and the plan had to leave the task out
 */
export async function collectGarbage(
  plans: readonly Plan[],
  options: { readonly storeLocation: string; readonly remove: boolean },
): Promise<Collected> {
  const store = openStore(options.storeLocation);
  const keep = new Set(plans.flatMap(({ steps }) => steps.flatMap(({ outputs }) => outputs.map(({ key }) => key))));
  for (const plan of plans) await requireNothingOfLeftOut(store, plan);
  for await (const key of metricRetrainings(store, plans)) keep.add(key);
  for await (const { key } of store.list(foreignTruthStep.kind)) keep.add(key);
  return store.collect(keep, { remove: options.remove });
}

/** What is needed of the results of a task that is left out cannot be known. */
async function requireNothingOfLeftOut(store: Store, { leftOut, grid }: Plan): Promise<void> {
  for (const { id, error, dataset } of leftOut) {
    const isForeign = grid.tasks.find((task) => task.id === id)?.spec === undefined;
    const kinds = isForeign ? [foreignTruthStep.kind] : [trainStep.kind, retrainStep.kind];
    if (!(await holds(store, kinds, dataset))) continue;
    throw new BenchError({
      code: 'STORE_MISSING',
      place: `task "${id}"`,
      message: `cannot be planned, so that what is needed of its results is not known: ${error.line}`,
      next: `bench plan ${grid.file} does what is missing`,
    });
  }
}

/** Whether results of some kinds are stored; with `dataset` only those that were made from it. */
async function holds(store: Store, kinds: readonly string[], dataset: string | undefined): Promise<boolean> {
  for (const kind of kinds)
    for await (const ref of store.list(kind))
      if (dataset === undefined || (await madeOf(store, ref)).dataset === dataset) return true;
  return false;
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
