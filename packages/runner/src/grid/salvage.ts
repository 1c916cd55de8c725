import { isObject } from '@attribution-bench/contract';
import { z } from 'zod';
import { gridSchema, type RawGrid } from './schema.js';
import type { Path, YamlSource } from './yaml-source.js';

/** What is sound of a grid file whose outline is not, so that everything else in it can be checked too. */
export interface SalvagedGrid {
  readonly raw: RawGrid;
  /** Knows where the entries that are left were written. */
  readonly source: YamlSource;
  /** Sections from which something was taken out: what others say of them cannot be judged. */
  readonly lost: ReadonlySet<string>;
}

/** Sections whose entries stand for themselves. */
const lists = ['tasks', 'methods', 'metrics'] as const;

const { tasks, methods, metrics } = gridSchema.shape;
/** Takes a file without the sections that every grid needs. */
const lenientSchema = gridSchema.extend({
  tasks: z.array(tasks.element).default([]),
  methods: z.array(methods.element).default([]),
  metrics: z.array(metrics.element).default([]),
});

/** Once a problem of a value is out of the way, the next one may show. */
const mostRounds = 20;

interface Draft {
  readonly document: Record<string, unknown>;
  readonly lost: Set<string>;
  /** Ids of tasks that were taken out. */
  readonly lostTasks: Set<unknown>;
}

/** Takes out of a grid file what its schema refuses, as little as possible; undefined where nothing can be made of it. */
export function salvage(source: YamlSource): SalvagedGrid | undefined {
  const document = structuredClone(source.value) as Record<string, unknown>;
  const draft: Draft = { document, lost: new Set(), lostTasks: new Set() };
  document.schema = 'bench/grid@1';
  if (!gridSchema.shape.name.safeParse(document.name).success) document.name = 'grid';
  for (const list of lists) if (!Array.isArray(document[list])) document[list] = [];
  for (const list of lists) if ((document[list] as unknown[]).length === 0) draft.lost.add(list);
  for (let round = 0; round < mostRounds; round++) {
    takeOutDependents(draft);
    const { left, written } = withoutHoles(document);
    const parsed = lenientSchema.safeParse(left, { reportInput: true });
    if (parsed.success) {
      const place: YamlSource['place'] = (path, part) => source.place(written(path), part);
      return { raw: parsed.data, source: { ...source, place }, lost: draft.lost };
    }
    for (const issue of parsed.error.issues) for (const path of refused(issue)) takeOut(draft, written(path));
  }
  return undefined;
}

/** The document without the entries that were taken out, and where a path in it leads in the file. */
function withoutHoles(document: Draft['document']): {
  readonly left: Draft['document'];
  readonly written: (path: Path) => Path;
} {
  const left = { ...document };
  const indices = new Map<unknown, number[]>();
  for (const list of lists) {
    const entries = document[list] as unknown[];
    const kept = [...entries.keys()].filter((index) => entries[index] !== undefined);
    left[list] = kept.map((index) => entries[index]);
    indices.set(list, kept);
  }
  const written = ([section, index, ...rest]: Path): Path => {
    if (section === undefined) return [];
    if (index === undefined) return [section];
    return [section, indices.get(section)?.[Number(index)] ?? index, ...rest];
  };
  return { left, written };
}

/** What has to go for an issue to be gone; where something is missing, that which lacks it. */
function refused(issue: z.core.$ZodIssue): Path[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...path, key]);
  return [issue.input === undefined ? path.slice(0, -1) : path];
}

/** Takes out a value; with it the list that holds it, unless that is a section, and a task as a whole. */
function takeOut({ document, lost, lostTasks }: Draft, path: Path): void {
  const [section, index, ...inner] = path;
  lost.add(String(section));
  const entries = lists.some((list) => list === section) ? (document[String(section)] as unknown[]) : undefined;
  if (entries !== undefined && (section === 'tasks' || inner.length === 0)) {
    const entry = entries[Number(index)];
    if (section === 'tasks' && isObject(entry)) lostTasks.add(entry.id);
    entries[Number(index)] = undefined;
    return;
  }
  let holder = entries === undefined ? document : entries[Number(index)];
  for (const key of entries === undefined ? path : inner) {
    if (!isObject(holder)) return;
    const value = holder[key];
    if (!isObject(value) || key === path.at(-1)) {
      delete (holder as Record<string, unknown>)[key];
      return;
    }
    holder = value;
  }
}

/** Takes out the tasks that extend a lost one, and lost tasks from the lists of what entries are for. */
function takeOutDependents({ document, lostTasks }: Draft): void {
  const tasks = document.tasks as unknown[];
  const isOrphan = (task: unknown) => isObject(task) && task.extends !== undefined && lostTasks.has(task.extends);
  for (let index = tasks.findIndex(isOrphan); index !== -1; index = tasks.findIndex(isOrphan)) {
    lostTasks.add((tasks[index] as { readonly id?: unknown }).id);
    tasks[index] = undefined;
  }
  for (const entry of [document.methods, document.metrics].flat() as Record<string, unknown>[]) {
    if (!isObject(entry) || !Array.isArray(entry.tasks)) continue;
    const left = tasks.length === 0 ? [] : entry.tasks.filter((id) => !lostTasks.has(id));
    if (left.length > 0) entry.tasks = left;
    else if (left.length < entry.tasks.length) delete entry.tasks;
  }
}
