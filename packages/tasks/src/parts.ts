import { basename } from 'node:path';
import { BenchError, choices, type ParamSpecs, type Params } from '@attribution-bench/contract';
import { isModulePath } from './code/module-path.js';
import { datasets } from './data/datasets.js';
import type { ModelShape } from './models/model.js';
import { models } from './models/models.js';
import type { Network } from './nn/architecture/layer.js';
import { loadOwnPart, type PartKind, type Parts } from './own-parts.js';
import type { Choice, TaskSpec } from './spec.js';
import { targets } from './targets/targets.js';

/** This project's own parts, by the name that a grid file gives them. */
export const knownParts: { readonly [K in PartKind]: Readonly<Record<string, Parts[K]>> } = choices('part', {
  dataset: datasets,
  model: models,
  target: targets,
});

const { own: loadOwn } = choices('origin', { own: loadOwnPart });

/** Whether a part of a resolved task is a module of a user's. */
export function isOwnPart({ use }: Choice): boolean {
  return isModulePath(use);
}

/**
 * The dataset, model or target of a task.
 * @throws BenchError MODULE_CHANGED when a user's module is not the one that the task was resolved with
 */
export function partOf<K extends PartKind>(kind: K, choice: Choice): Parts[K] {
  if (!isOwnPart(choice)) return knownParts[kind][choice.use];
  const own = loadOwn(kind, choice.use);
  if (own.sha256 === choice.sha256) return own.part;
  throw new BenchError({
    code: 'MODULE_CHANGED',
    message: `the ${kind} module ${choice.use} was changed after the grid was read`,
    next: 'run again: the task is then a new one',
  });
}

/** The values of a part's parameters. */
export function paramsOf({ use: _, sha256: __, files: ___, ...params }: Choice): Params<ParamSpecs> {
  return params as unknown as Params<ParamSpecs>;
}

/** The network of a task's model. @throws BenchError as {@link partOf} */
export function networkOf(choice: Choice, shape: ModelShape): Network {
  return partOf('model', choice).network(paramsOf(choice), shape);
}

/** What the points of a task are taken from, for people: the name of the dataset, or the file of a user's. */
export function datasetName({ data }: TaskSpec): string {
  return isOwnPart(data) ? `${basename(data.use)} ${String(data.sha256).slice(0, 12)}` : data.use;
}
