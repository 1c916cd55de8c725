import { didYouMean, isObject } from '@attribution-bench/contract';
import type { GridProblem } from './grid-errors.js';
import type { Path, YamlSource } from './yaml-source.js';

type Fields = Readonly<Record<string, unknown>>;

/** A task with what it extends laid under it. */
export interface MergedTask {
  readonly fields: Fields;
  /** Where a value of `fields` was written: in this task or in one it extends. */
  place(path: Path, part?: 'key' | 'value'): string;
}

/**
 * Resolves `extends:`: mappings merge key by key, everything else replaces. A `data`, `model` or `target` that names
 * another thing with `use` replaces too, since its parameters are others.
 * @returns one entry per task; those with problems are left out
 */
export function mergeTasks(
  tasks: readonly Fields[],
  source: YamlSource,
  problems: GridProblem[],
): (MergedTask | undefined)[] {
  const indexOf = new Map(tasks.map(({ id }, index) => [id, index]));
  const ids = tasks.map(({ id }) => String(id));
  const merge = (index: number, above: readonly number[]): MergedTask | undefined => {
    const { extends: base, ...own } = tasks[index];
    const here: Path = ['tasks', index];
    if (base === undefined) return { fields: own, place: (path, part) => source.place([...here, ...path], part) };
    const baseIndex = indexOf.get(base);
    const complain = (message: string, next?: string): undefined => {
      const place = source.place([...here, 'extends']);
      problems.push({ place, message, next });
    };
    if (baseIndex === undefined) {
      return complain(`no task has the id "${base}"`, didYouMean(String(base), ids, `known: ${ids.join(', ')}`));
    }
    if ([...above, index].includes(baseIndex))
      return complain(
        `tasks extend each other in a circle: ${[...above, index, baseIndex].map((i) => ids[i]).join(', ')}`,
      );
    const under = merge(baseIndex, [...above, index]);
    if (under === undefined) return undefined;
    return {
      fields: layered(under.fields, own),
      place: (path, part) => (isWritten(own, path) ? source.place([...here, ...path], part) : under.place(path, part)),
    };
  };
  return tasks.map((_, index) => merge(index, []));
}

/** Lays `over` over `under`; the rule of {@link mergeTasks}. */
export function layered(under: Fields, over: Fields): Fields {
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = typeof merged[key] === 'string' && isObject(value) ? { use: merged[key] } : merged[key];
    const replaces = !isObject(below) || !isObject(value) || (value.use !== undefined && value.use !== below.use);
    merged[key] = replaces ? value : layered(below, value);
  }
  return merged;
}

function isWritten(fields: Fields, path: Path): boolean {
  let value: unknown = fields;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false;
    value = (value as Record<string | number, unknown>)[step];
  }
  return true;
}
