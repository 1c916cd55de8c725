import type { Store } from '@attribution-bench/store';
import type { PlannedStep } from '../model/step.js';

/**
 * Steps whose results something rests on and that are no longer stored, or not sound (which are set aside), those that others
 * rest on first.
 */
export async function lostResults(
  id: string,
  steps: ReadonlyMap<string, PlannedStep>,
  store: Store,
): Promise<readonly string[]> {
  const lost = new Set<string>();
  const visit = async (of: string): Promise<void> => {
    for (const need of steps.get(of)?.needs ?? []) {
      if (lost.has(need)) continue;
      const stored = await Promise.all(
        (steps.get(need)?.outputs ?? []).map((output) => store.isSound(output, Infinity)),
      );
      if (stored.every(Boolean)) continue;
      await visit(need);
      lost.add(need);
    }
  };
  await visit(id);
  return [...lost];
}
