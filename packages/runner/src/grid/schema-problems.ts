import { didYouMean, shown } from '@attribution-bench/contract';
import { z } from 'zod';
import type { GridProblem } from './grid-errors.js';
import type { Path, YamlSource } from './yaml-source.js';

/** Checks a value of a document against a schema: the parsed value, or problems with their places. */
export function checkSchema<S extends z.ZodType>(
  schema: S,
  value: unknown,
  source: YamlSource,
  at: Path = [],
): { readonly ok: true; readonly value: z.output<S> } | { readonly ok: false; readonly problems: GridProblem[] } {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, problems: result.error.issues.flatMap((issue) => problemsOf(issue, schema, source, at)) };
}

function problemsOf(issue: z.core.$ZodIssue, schema: z.ZodType, source: YamlSource, at: Path): GridProblem[] {
  const path = [...at, ...issue.path.filter((step) => typeof step !== 'symbol')];
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((key) => unknownKey(key, known, source.place([...path, key], 'key')));
  }
  const found = issue.input;
  if (found === undefined && path.length > 0)
    return [{ place: source.place(path), message: `"${path[path.length - 1]}" is required` }];
  return [{ place: source.place(path), message: messageOf(issue, found) }];
}

function unknownKey(key: string, known: readonly string[], place: string): GridProblem {
  const next = didYouMean(key, known, `known: ${known.join(', ')}`);
  return { place, message: `unknown key ${shown(key)}`, next };
}

function messageOf(issue: z.core.$ZodIssue, found: unknown): string {
  const expected = expectation(issue);
  if (expected === undefined) return issue.message;
  const many = issue.code === 'too_big' && Array.isArray(found) ? `${found.length}` : shown(found);
  return `expected ${expected}, found ${many}`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  boolean: 'true or false',
};

function expectation(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.map((value) => JSON.stringify(value)).join(' or ');
    case 'too_small':
      if (issue.origin === 'array') return `a list of at least ${issue.minimum}`;
      if (issue.origin === 'string') return 'some text';
      return issue.inclusive ? `at least ${issue.minimum}` : `more than ${issue.minimum}`;
    case 'too_big':
      if (issue.origin === 'array') return `a list of at most ${issue.maximum}`;
      return issue.inclusive ? `at most ${issue.maximum}` : `less than ${issue.maximum}`;
    default:
      return undefined;
  }
}

/** Keys that the object at a path of a schema takes. */
function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const bare = unwrapped(schema);
  if (path.length === 0) return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
  const [step, ...rest] = path;
  if (bare instanceof z.ZodArray) return knownKeys(bare.element, rest);
  if (bare instanceof z.ZodObject) return knownKeys(bare.shape[String(step)], rest);
  return [];
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return unwrapped(schema.def.innerType);
  if (schema instanceof z.ZodPipe) return unwrapped(schema.def.out);
  return schema;
}
