import { didYouMean } from './did-you-mean.js';
import { isObject } from './is-object.js';
import type { ParamSpec, ParamSpecs, Params, ParamValue } from './params.js';
import { shown } from './shown.js';

type Path = readonly (string | number)[];

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
  const params = checkFields(specs, given, [], problems);
  return problems.length === 0 ? { ok: true, params: params as unknown as Params<S> } : { ok: false, problems };
}

/** @returns the values with defaults filled in, of use where no problem was found */
function checkFields(
  specs: ParamSpecs,
  given: Readonly<Record<string, unknown>>,
  path: Path,
  problems: ParamProblem[],
): Record<string, ParamValue> {
  const flat = flatFields(specs, given);
  for (const [name, keys] of flat) problems.push(flatProblem(name, keys, specs[name].fields ?? {}, given, path));
  const flatKeys = [...flat.values()].flat();
  for (const key of Object.keys(given))
    if (!Object.hasOwn(specs, key) && !flatKeys.includes(key)) problems.push(unknownKey(specs, key, path));
  const params: Record<string, ParamValue> = {};
  for (const [key, spec] of Object.entries(specs)) {
    if (flat.has(key)) continue;
    if (!Object.hasOwn(given, key) || given[key] === undefined) {
      if (spec.optional === true) continue;
      if (spec.default === undefined) problems.push({ path: [...path], message: `"${key}" is required: ${spec.help}` });
      else params[key] = spec.default;
      continue;
    }
    params[key] = checkValue(spec, given[key], [...path, key], problems);
  }
  return params;
}

function unknownKey(specs: ParamSpecs, key: string, path: Path): ParamProblem {
  const known = Object.keys(specs);
  const next = known.length === 0 ? 'it takes no parameters' : `known: ${known.join(', ')}`;
  return {
    path: [...path, key],
    unknownKey: true,
    message: `unknown key ${shown(key)}`,
    next: didYouMean(key, known, next),
  };
}

/** Keys that are fields of an object written beside it, `extractorSize` for `extractor: { size }`, by the object's name. */
function flatFields(specs: ParamSpecs, given: Readonly<Record<string, unknown>>): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const [name, { fields }] of Object.entries(specs)) {
    if (fields === undefined) continue;
    const keys = Object.keys(fields)
      .map((field) => flatName(name, field))
      .filter((key) => Object.hasOwn(given, key) && !Object.hasOwn(specs, key));
    if (keys.length > 0) found.set(name, keys);
  }
  return found;
}

function flatName(name: string, field: string): string {
  return `${name}${field.slice(0, 1).toUpperCase()}${field.slice(1)}`;
}

/** One problem for all fields that are written beside their object; its next step is the object as it has to be written. */
function flatProblem(
  name: string,
  keys: readonly string[],
  fields: ParamSpecs,
  given: Readonly<Record<string, unknown>>,
  path: Path,
): ParamProblem {
  const whole = given[name];
  const [file] = Object.keys(fields).filter((field) => fields[field].file === true);
  const written: Record<string, unknown> =
    typeof whole === 'string' && file !== undefined ? { [file]: whole } : isObject(whole) ? { ...whole } : {};
  for (const field of Object.keys(fields)) {
    const key = flatName(name, field);
    if (keys.includes(key)) written[field] = given[key];
  }
  return {
    path: [...path, keys[0]],
    unknownKey: true,
    message: `${keys.map((key) => `"${key}"`).join(', ')} ${keys.length === 1 ? 'is a field' : 'are fields'} of "${name}"`,
    next: `write ${name}: ${flowOf(written)}`,
  };
}

/** An object as YAML writes it on one line. */
function flowOf(values: Readonly<Record<string, unknown>>): string {
  const plain = (value: unknown) =>
    typeof value === 'string' && /^[A-Za-z][\w./-]*$/.test(value) ? value : shown(value);
  const fields = Object.entries(values).map(([field, value]) => `${field}: ${plain(value)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

/** @returns the value with the defaults of objects filled in, of use where no problem was found */
function checkValue(spec: ParamSpec, value: unknown, path: Path, problems: ParamProblem[]): ParamValue {
  const wrong = (expected: string, next?: string): ParamValue => {
    problems.push({ path: [...path], message: `expected ${expected}, found ${shown(value)}`, next });
    return '';
  };
  switch (spec.type) {
    case 'int':
    case 'num': {
      const kind = spec.type === 'int' ? 'a whole number' : 'a number';
      if (typeof value !== 'number' || !Number.isFinite(value)) return wrong(kind);
      if (spec.type === 'int' && !Number.isSafeInteger(value)) return wrong(kind);
      if (spec.min !== undefined && value < spec.min) return wrong(`${kind} of at least ${spec.min}`);
      if (spec.max !== undefined && value > spec.max) return wrong(`${kind} of at most ${spec.max}`);
      return value;
    }
    case 'bool':
      return typeof value === 'boolean' ? value : wrong('true or false');
    case 'text':
      return typeof value === 'string' ? value : wrong('text');
    case 'choice': {
      const choices = spec.choices ?? [];
      if (typeof value === 'string' && choices.includes(value)) return value;
      const next = typeof value === 'string' ? didYouMean(value, choices, undefined) : undefined;
      return wrong(`one of ${choices.join(', ')}`, next);
    }
    case 'list': {
      if (!Array.isArray(value)) return wrong('a list');
      const { items } = spec;
      if (items === undefined) return value;
      const found: ParamProblem[] = [];
      for (const [i, item] of value.entries()) {
        checkValue(items, item, [...path, i], found);
        if (found.length > 0) break;
      }
      problems.push(...found);
      return value;
    }
    case 'object': {
      const { fields = {} } = spec;
      if (isObject(value)) return checkFields(fields, value, path, problems);
      const [file] = Object.keys(fields).filter((field) => fields[field].file === true);
      const example = typeof value === 'string' && file !== undefined ? flowOf({ [file]: value }) : undefined;
      return wrong(
        'a mapping',
        example === undefined ? `fields: ${Object.keys(fields).join(', ')}` : `write ${path.at(-1)}: ${example}`,
      );
    }
  }
}
