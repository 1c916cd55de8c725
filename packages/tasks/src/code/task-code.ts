import { isObject } from '@attribution-bench/contract';
import { plantsIn } from '../data/plants/plants.js';
import type { PartKind } from '../own-parts.js';
import { isOwnPart } from '../parts.js';
import type { TaskSpec } from '../spec.js';
import { readPackage } from './code-hash.js';
import type { Code, Used } from './code-walk.js';

const tasks = '@attribution-bench/tasks';

/** The code that reads a task's points. */
export function dataCode(spec: TaskSpec): Code {
  const plant = plantsIn(spec.data);
  const used = usedBy(spec, ['dataset']);
  const { mixed } = spec.data;
  const other = isObject(mixed) && typeof mixed.use === 'string' ? [mixed.use] : [];
  return readPackage(tasks, {
    names: ['prepareData', 'dataFingerprint'],
    used: { ...used, plant, dataset: [...(used.dataset ?? []), ...other] },
  });
}

/** The code that draws a task's generated queries. @param layers kinds of layers that its network has */
export function generationCode(spec: TaskSpec, layers: readonly string[]): Code {
  return readPackage(tasks, {
    names: ['generateQueries'],
    used: { ...usedBy(spec, modelParts), layer: layers, service: [] },
  });
}

/**
 * The code that a task's models come out of, and what is made from them.
 * @param layers kinds of layers that its network has; undefined: not known yet, all of them
 * @param explains whether methods ask something of the models, and not only their targets are wanted
 */
export function taskCode(
  spec: TaskSpec,
  { layers, explains = false }: { readonly layers?: readonly string[]; readonly explains?: boolean },
): Code {
  const used = { ...usedBy(spec, modelParts), ...(layers && { layer: layers }), ...(!explains && { service: [] }) };
  return readPackage(tasks, { names: ['openTask'], used });
}

/** Parts that a task's models are made of, its points aside. */
const modelParts = ['model', 'target'] as const;

/** What a task uses of all that a grid file can name, in code that needs some of its parts. */
function usedBy(spec: TaskSpec, parts: readonly PartKind[]): Used {
  const choices = { dataset: spec.data, model: spec.model, target: spec.target };
  const isNamed = (kind: PartKind) => parts.includes(kind) && !isOwnPart(choices[kind]);
  return {
    kind: [spec.kind],
    optimizer: [spec.training.optimizer],
    part: parts,
    origin: parts.every(isNamed) ? [] : ['own'],
    ...Object.fromEntries(
      Object.entries(choices).map(([kind, { use }]) => [kind, isNamed(kind as PartKind) ? [use] : []]),
    ),
  };
}
