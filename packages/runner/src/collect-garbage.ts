import { join } from 'node:path';
import { type Collected, openStore } from '@attribution-bench/store';
import type { Plan } from './plan/plan.js';

/** Results in the store that none of the plans needs, stored or still to be made. `remove: false` only lists them. */
export async function collectGarbage(
  plans: readonly Plan[],
  options: { readonly resultsFolder: string; readonly remove: boolean },
): Promise<Collected> {
  const keep = new Set(plans.flatMap(({ steps }) => steps.flatMap(({ outputs }) => outputs.map(({ key }) => key))));
  return openStore(join(options.resultsFolder, 'store')).collect(keep, { remove: options.remove });
}
