import type { TaskKind } from './task.js';

/** One declared parameter of a method, dataset, model, target or metric. */
export interface ParamSpec<T extends ParamValue = ParamValue> {
  readonly type: 'int' | 'num' | 'bool' | 'text' | 'choice' | 'list' | 'object';
  /** Left out of a YAML file, a parameter takes its default; without a default it must be given, unless it is optional. */
  readonly default?: T;
  /** Parameters of datasets: where it is left out, it has no value and is part of no key. */
  readonly optional?: true;
  readonly help: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  readonly items?: ParamSpec;
  /** Parameters that an object consists of. */
  readonly fields?: ParamSpecs;
  /** Whether it names a file or folder, see {@link file}. */
  readonly file?: true;
  /** Name of the parameter beside it that holds the SHA-256 of what is in the file. */
  readonly checksum?: string;
  /** Parameters of methods: values among which tuning may choose; absent: the parameter is left at its default. */
  readonly search?: Search<T>;
  /** Parameters of methods: the kinds of tasks on which it is read, so that tuning leaves it alone on others; absent: all. */
  readonly readOn?: readonly TaskKind[];
}

/** Values among which the tuning of a method may choose: a few, or all from one number to another. */
export type Search<T extends ParamValue = ParamValue> = readonly T[] | SearchRange;

export interface SearchRange {
  readonly from: number;
  readonly to: number;
  /** `log`: numbers are even in their logarithm, as suits what is known by its order of magnitude only. */
  readonly scale: 'log' | 'linear';
}

export type ParamValue =
  | number
  | boolean
  | string
  | readonly (number | boolean | string)[]
  | { readonly [name: string]: ParamValue };
export type ParamSpecs = Readonly<Record<string, ParamSpec>>;
/** The values of declared parameters, each in its type. */
export type Params<S extends ParamSpecs> = { readonly [K in keyof S]: S[K] extends ParamSpec<infer T> ? T : never };

/** What tuning is told of a parameter of a method. */
export interface Tuned<T extends ParamValue, S = readonly T[]> {
  search?: S;
  readOn?: readonly TaskKind[];
}

/** Default, bounds, help and search space of a numeric parameter. */
export interface Range<T extends number> extends Tuned<T, Search<T>> {
  default?: T;
  min?: number;
  max?: number;
  help: string;
}

/** A whole number. */
export const int = (spec: Range<number>): ParamSpec<number> => ({ type: 'int', ...spec });
/** A finite number. */
export const num = (spec: Range<number>): ParamSpec<number> => ({ type: 'num', ...spec });
/** true or false. */
export const bool = (spec: { default?: boolean; help: string } & Tuned<boolean>): ParamSpec<boolean> => ({
  type: 'bool',
  ...spec,
});
/** Free text. */
export const text = (spec: { default?: string; help: string }): ParamSpec<string> => ({ type: 'text', ...spec });
/**
 * A file or folder, or an http address; empty: none. Relative paths start at the grid file. Where it lies is part of no key,
 * what is in it is: its hash, or the value of the parameter beside it that `checksum` names.
 */
export const file = (spec: { default?: string; checksum?: string; help: string }): ParamSpec<string> => ({
  type: 'text',
  file: true,
  ...spec,
});
/** One of the named values. */
export function choice<const C extends readonly string[]>(
  choices: C,
  spec: { default?: C[number]; help: string } & Tuned<C[number]>,
): ParamSpec<C[number]> {
  return { type: 'choice', choices, ...spec } as ParamSpec<C[number]>;
}
/** A list whose items all follow one spec. */
export function list<T extends number | boolean | string>(
  items: ParamSpec<T>,
  spec: { default?: readonly T[]; help: string },
): ParamSpec<readonly T[]> {
  return { type: 'list', items, ...spec } as unknown as ParamSpec<readonly T[]>;
}

/** The same parameter, but one that may be left out: then it has no value, and is part of no key. */
export function optional<T extends ParamValue>({ default: _, ...spec }: ParamSpec<T>): ParamSpec<T> {
  return { ...spec, optional: true };
}

/** Several parameters under one name. Left out, it consists of their defaults; it is required where one of them has none. */
export function object<const S extends ParamSpecs>(fields: S, spec: { help: string }): ParamSpec<Params<S>> {
  const defaults = Object.entries(fields).map(([name, field]) => [name, field.default] as const);
  const complete = defaults.every(([, value]) => value !== undefined);
  return {
    type: 'object',
    fields,
    ...spec,
    ...(complete && { default: Object.fromEntries(defaults) }),
  } as unknown as ParamSpec<Params<S>>;
}
