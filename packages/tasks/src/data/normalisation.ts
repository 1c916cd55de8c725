import type { TaskSpec } from '../spec.js';

/** A number x of a point is fed to models as (x - mean) / std. */
export type Normalisation = { readonly mean: number; readonly std: number };

const none: Normalisation = { mean: 0, std: 1 };
/** From 0..1 to -1..1. */
const signed: Normalisation = { mean: 0.5, std: 0.5 };

/** How a task's points are normalised: pixels of generators to -1..1, those of classifiers as `data.normalise` says. */
export function normalisationOf({ kind, data }: Pick<TaskSpec, 'kind' | 'data'>, pixels: boolean): Normalisation {
  if (kind === 'generator') return pixels ? signed : none;
  return (data.normalise as Normalisation | undefined) ?? none;
}
