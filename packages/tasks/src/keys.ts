import { hashJson } from '@attribution-bench/contract';
import { datasets } from './data/datasets.js';
import type { Choice, TaskSpec } from './spec.js';

/** Key of a task: hash of its spec without its id and without where its files are. */
export function taskKey({ id: _, data, ...spec }: TaskSpec): string {
  return hashJson({ ...spec, data: withoutWhereabouts(data) });
}

/** Key of a task's data: equal for tasks whose {@link prepareData} gives the same points. */
export function dataKey({ kind, seed, data, queries }: TaskSpec): string {
  return hashJson({ kind, seed, data: withoutWhereabouts(data), heldout: queries.heldout });
}

/** Key of a task's data with its generated queries, which depend on the model that draws them too. */
export function generatedKey(spec: TaskSpec): string {
  const { model, training, queries } = spec;
  return hashJson({ data: dataKey(spec), model, training, queries });
}

function withoutWhereabouts(data: Choice): Choice {
  const { whereabouts } = datasets[data.use];
  const kept = Object.entries(data).filter(([param]) => !whereabouts.includes(param));
  return Object.fromEntries(kept) as Choice;
}
