import { fileParams, hashJson, type Json, withoutFiles } from '@attribution-bench/contract';
import { isOwnPart, knownParts } from './parts.js';
import type { Choice, TaskSpec } from './spec.js';

/**
 * Key of a task: hash of its spec without its id and without where its files are, but with what is in them.
 * @param fingerprint hash of the user's own data files, where it is made from any
 */
export function taskKey(spec: TaskSpec, fingerprint: string | undefined): string {
  const { id: _, ...identity } = withoutPlaces(spec);
  return hashJson({ ...identity, fingerprint });
}

/** Key of a task's data but for what is in the user's own files: equal for tasks that choose their points alike. */
export function dataKey(spec: TaskSpec): string {
  const { kind, seed, data, queries } = withoutPlaces(spec);
  return hashJson({ kind, seed, data, heldout: queries.heldout });
}

/** Key of a task's data with its generated queries, which depend on the model that draws them too. */
export function generatedKey(spec: TaskSpec): string {
  const { model, training, queries } = withoutPlaces(spec);
  return hashJson({ data: dataKey(spec), model, training, queries });
}

/** A spec that says nothing of where files lie; the module of a user's part is named by its hash alone. */
export function withoutPlaces(spec: TaskSpec): TaskSpec {
  return {
    ...spec,
    data: withoutFileNames(spec.data),
    model: withoutModulePath(spec.model),
    target: withoutModulePath(spec.target),
  };
}

function withoutModulePath(choice: Choice): Choice {
  return isOwnPart(choice) ? { ...choice, use: 'own' } : choice;
}

function withoutFileNames(data: Choice): Choice {
  if (!isOwnPart(data)) {
    const { use, ...params } = data;
    return { use, ...withoutFiles<Json>(fileParams(knownParts.dataset[use].params), params) };
  }
  const { files, ...rest } = data;
  const named = Array.isArray(files) ? files : [];
  return { ...withoutFiles<Json>(named, rest), ...(files !== undefined && { files }), use: 'own' };
}
