import { resolve } from 'node:path';
import { didYouMean } from './did-you-mean.js';
import { shown } from './shown.js';

/** One declared parameter of a method, dataset, model, target or metric. */
export interface ParamSpec<T extends ParamValue = ParamValue> {
  readonly type: 'int' | 'num' | 'bool' | 'text' | 'choice' | 'list';
  /** Left out of a YAML file, a parameter takes its default; without a default it must be given. */
  readonly default?: T;
  readonly help: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  readonly items?: ParamSpec;
  /** Whether it names a file or folder, see {@link file}. */
  readonly file?: true;
}

export type ParamValue = number | boolean | string | readonly (number | boolean | string)[];
export type ParamSpecs = Readonly<Record<string, ParamSpec>>;
/** The values of declared parameters, each in its type. */
export type Params<S extends ParamSpecs> = { readonly [K in keyof S]: S[K] extends ParamSpec<infer T> ? T : never };

/** Default, bounds and help of a numeric parameter. */
export interface Range<T> {
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
export const bool = (spec: { default?: boolean; help: string }): ParamSpec<boolean> => ({ type: 'bool', ...spec });
/** Free text. */
export const text = (spec: { default?: string; help: string }): ParamSpec<string> => ({ type: 'text', ...spec });
/**
 * A file or folder, or an http address; empty: none. Relative paths start at the grid file. Where it lies is part of no key,
 * what is in it is.
 */
export const file = (spec: { default?: string; help: string }): ParamSpec<string> => ({
  type: 'text',
  file: true,
  ...spec,
});
/** One of the named values. */
export function choice<const C extends readonly string[]>(
  choices: C,
  spec: { default?: C[number]; help: string },
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

/** Whether the value of a {@link file} parameter is an address on the network. */
export function isAddress(value: string): boolean {
  return /^https?:\/\//.test(value);
}

/** These values with the paths of {@link file} parameters made absolute. */
export function locateFiles<T extends Readonly<Record<string, unknown>>>(
  specs: ParamSpecs,
  values: T,
  folder: string,
): T {
  const located = Object.entries(values).map(([name, value]) => {
    const path = specs[name]?.file === true && typeof value === 'string' && value !== '' && !isAddress(value);
    return [name, path ? resolve(folder, value) : value];
  });
  return Object.fromEntries(located) as T;
}

/** The values that do not say where files are: what of them belongs into keys. */
export function withoutFiles<T>(specs: ParamSpecs, values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => specs[name]?.file !== true));
}

/** What is wrong with one given parameter; `path` leads to it from the object that holds the parameters. */
export interface ParamProblem {
  path: (string | number)[];
  message: string;
  /** Set when the key itself, not its value, is at fault. */
  unknownKey?: true;
  next?: string | undefined;
}

export type ParamCheck<S extends ParamSpecs> =
  | { ok: true; params: Params<S> }
  | { ok: false; problems: ParamProblem[] };

/** Checks given values against their specs and fills in defaults. Reports every problem, not the first only. */
export function checkParams<S extends ParamSpecs>(specs: S, given: Readonly<Record<string, unknown>>): ParamCheck<S> {
  const problems: ParamProblem[] = [];
  const params: Record<string, ParamValue> = {};
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(specs, key)) continue;
    const meant = didYouMean(key, Object.keys(specs));
    const known = Object.keys(specs).join(', ');
    problems.push({
      path: [key],
      unknownKey: true,
      message: `unknown key ${shown(key)}`,
      next:
        meant === undefined
          ? known === ''
            ? 'it takes no parameters'
            : `known: ${known}`
          : `did you mean "${meant}"?`,
    });
  }
  for (const [key, spec] of Object.entries(specs)) {
    if (!Object.hasOwn(given, key) || given[key] === undefined) {
      if (spec.default === undefined) problems.push({ path: [], message: `"${key}" is required: ${spec.help}` });
      else params[key] = spec.default;
      continue;
    }
    const problem = checkValue(spec, given[key], [key]);
    if (problem === undefined) params[key] = given[key] as ParamValue;
    else problems.push(problem);
  }
  return problems.length === 0 ? { ok: true, params: params as Params<S> } : { ok: false, problems };
}

function checkValue(spec: ParamSpec, value: unknown, path: (string | number)[]): ParamProblem | undefined {
  const wrong = (expected: string): ParamProblem => ({
    path,
    message: `expected ${expected}, found ${shown(value)}`,
  });
  switch (spec.type) {
    case 'int':
    case 'num': {
      const kind = spec.type === 'int' ? 'a whole number' : 'a number';
      if (typeof value !== 'number' || !Number.isFinite(value)) return wrong(kind);
      if (spec.type === 'int' && !Number.isSafeInteger(value)) return wrong(kind);
      if (spec.min !== undefined && value < spec.min) return wrong(`${kind} of at least ${spec.min}`);
      if (spec.max !== undefined && value > spec.max) return wrong(`${kind} of at most ${spec.max}`);
      return undefined;
    }
    case 'bool':
      return typeof value === 'boolean' ? undefined : wrong('true or false');
    case 'text':
      return typeof value === 'string' ? undefined : wrong('text');
    case 'choice': {
      const choices = spec.choices ?? [];
      if (typeof value === 'string' && choices.includes(value)) return undefined;
      const meant = typeof value === 'string' ? didYouMean(value, choices) : undefined;
      return {
        ...wrong(`one of ${choices.join(', ')}`),
        ...(meant === undefined ? {} : { next: `did you mean "${meant}"?` }),
      };
    }
    case 'list': {
      if (!Array.isArray(value)) return wrong('a list');
      for (const [i, item] of value.entries()) {
        const problem = spec.items === undefined ? undefined : checkValue(spec.items, item, [...path, i]);
        if (problem !== undefined) return problem;
      }
      return undefined;
    }
  }
}
