import { benchJson } from './.vitepress/bench.js';

/** A JSON schema, as far as it is looked into. */
interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly default?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** A key of a grid file. */
export interface KeyEntry {
  readonly key: string;
  readonly takes: string;
  /** As JSON; empty where there is none. */
  readonly start: string;
  readonly required: boolean;
  readonly help: string;
}

/** Keys below one at the top of a grid file, itself first. */
export interface SectionEntry {
  readonly name: string;
  readonly keys: readonly KeyEntry[];
}

export declare const data: readonly SectionEntry[];

/** Every key of a grid file but those that datasets, models, targets and metrics declare. */
export default {
  load(): SectionEntry[] {
    const { properties = {}, required = [] } = benchJson('validate', '--schema') as Schema;
    return Object.entries(properties).map(([name, schema]) => ({
      name,
      keys: keysOf(name, schema, required.includes(name)),
    }));
  },
};

function keysOf(key: string, schema: Schema, required: boolean): KeyEntry[] {
  const { description = '', default: start, items } = schema;
  const own: KeyEntry = {
    key,
    takes: takesOf(schema),
    start: start === undefined || typeof start === 'object' ? '' : JSON.stringify(start),
    required,
    help: description,
  };
  // Entries of tasks and methods are alike; those of metrics follow what they name, which has a page of its own.
  const entry = key === 'metrics' ? undefined : [items, ...(items?.anyOf ?? [])].find((one) => one?.properties);
  const below = entry ?? schema;
  const prefix = entry === undefined ? `${key}.` : `${key}[].`;
  const inner = Object.entries(below.properties ?? {}).flatMap(([name, property]) =>
    keysOf(prefix + name, property, below.required?.includes(name) ?? false),
  );
  return [own, ...inner];
}

function takesOf({ type, anyOf, enum: among, const: only }: Schema): string {
  if (only !== undefined) return JSON.stringify(only);
  if (among !== undefined) return among.map(String).join(', ');
  return anyOf === undefined ? (type ?? '') : [...new Set(anyOf.map(takesOf))].join(' or ');
}
