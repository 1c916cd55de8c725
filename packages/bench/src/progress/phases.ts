import type { PlannedStep } from '@attribution-bench/runner';

/** What a task goes through, in the order in which most of it is done. */
export const phases = ['models', 'truth', 'methods', 'metrics'] as const;
export type Phase = (typeof phases)[number];

const ofTruth: ReadonlySet<string> = new Set(['subsets', 'retrain', 'truth', 'foreign-truth']);

/** The phase that a step belongs to. */
export function phaseOf({ kind, method }: Pick<PlannedStep, 'kind' | 'method'>): Phase {
  if (kind === 'metric') return 'metrics';
  if (method !== undefined) return 'methods';
  return ofTruth.has(kind) ? 'truth' : 'models';
}
