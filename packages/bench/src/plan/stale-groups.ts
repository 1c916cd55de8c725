import type { Plan } from '@attribution-bench/runner';

/** What a kind of step makes, in the order in which it is counted; of other kinds nothing is said. */
export const nouns = { truth: 'truth', train: 'model', score: 'score', metric: 'metric value' } as const;

interface StaleGroup {
  readonly reason: string;
  readonly counts: Readonly<Partial<Record<keyof typeof nouns, number>>>;
}

/** What has become stale, by its reason. */
export function staleGroups({ steps }: Plan): StaleGroup[] {
  const groups = new Map<string, Partial<Record<keyof typeof nouns, number>>>();
  for (const kind of Object.keys(nouns) as (keyof typeof nouns)[])
    for (const step of steps) {
      if (step.kind !== kind || step.status !== 'stale' || step.reason === undefined) continue;
      const counts = groups.get(step.reason) ?? {};
      groups.set(step.reason, { ...counts, [kind]: (counts[kind] ?? 0) + 1 });
    }
  return [...groups].map(([reason, counts]) => ({ reason, counts }));
}
