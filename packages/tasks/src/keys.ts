import { hashJson } from '@attribution-bench/contract';
import { datasets } from './data/datasets.js';
import type { Choice, TaskSpec } from './spec.js';

/** Key of a task: hash of its spec without its id and without where its files are. */
export function taskKey({ id: _, data, ...spec }: TaskSpec): string {
  return hashJson({ ...spec, data: withoutWhereabouts(data) });
}

/** Key of a task's data, generated queries included: equal for tasks that are made of the same points. */
export function dataKey({ kind, seed, data, model, training, queries }: TaskSpec): string {
  const points = { kind, seed, data: withoutWhereabouts(data), heldout: queries.heldout };
  return hashJson(queries.generated === 0 ? points : { ...points, model, training, queries });
}

function withoutWhereabouts(data: Choice): Choice {
  const { whereabouts } = datasets[data.use];
  const kept = Object.entries(data).filter(([param]) => !whereabouts.includes(param));
  return Object.fromEntries(kept) as Choice;
}
