import { dirname, parse, resolve } from 'node:path';
import { BenchError, didYouMean, hashJson, isObject, type ParamSpecs, toPlainError } from '@attribution-bench/contract';
import {
  type DeclarePart,
  declareOwnPart,
  knownParts,
  locateModule,
  type OwnDeclaration,
  type PartKind,
  resolveTask,
} from '@attribution-bench/tasks';
import { declarationIn } from '../isolation/load-module.js';
import { isUserCodeFailure } from '../isolation/user-code-failure.js';
import { loadMetric } from '../metrics/load-metric.js';
import type {
  BrokenMethod,
  Grid,
  GridMethod,
  GridMetric,
  GridSelection,
  GridTask,
  LoadedMetric,
  TruthSpec,
} from '../model/grid.js';
import { type MetricDeclaration, needsTruthAlone } from '../model/metric-declaration.js';
import { EntryProblem } from './entry-problem.js';
import { layered, type MergedTask, mergeTasks } from './extends.js';
import { extractorProblem } from './extractor-problem.js';
import { resolveForeignTask } from './foreign-task.js';
import { GridErrors, type GridProblem } from './grid-errors.js';
import { methodOf, strayFields, unknownTasks } from './method-entry.js';
import { missingNeed } from './metric-needs.js';
import { namedFiles } from './named-files.js';
import { quickSpec, quickTruth } from './quick.js';
import { type SalvagedGrid, salvage } from './salvage.js';
import { gridSchema, type RawGrid, type RawTruth, reservedName, truthSchema } from './schema.js';
import { checkSchema } from './schema-problems.js';
import { expandSettings } from './settings.js';
import { sweepTruths, sweptIds } from './truth-sweep.js';
import { type Path, readYaml, type YamlSource } from './yaml-source.js';

interface LoadOptions {
  readonly quick?: boolean;
  readonly withExtractors?: boolean;
  readonly readsOnly?: boolean;
}

/**
 * Reads and checks a grid file and loads the methods it names. Every problem is reported, not the first only.
 * @param options.quick cut sizes down to a trial, as the file's `quick:` says or to a default
 * @param options.readsOnly for what only reads results: do not ask for the folders of published truths
 * @param options.withExtractors also check what a run needs only where something is left to do: feature extractors
 * @throws GridErrors with one `file:line:col message, next step` a problem; BenchError CONFIG_MISSING or
 *   CONFIG_UNREADABLE
 */
export async function loadGrid(file: string, options: LoadOptions = {}): Promise<Grid> {
  const written = await readYaml(file);
  if (!isObject(written.value))
    throw new GridErrors([
      {
        place: written.place([]),
        message: 'is not a grid file: expected a mapping with schema, name, tasks, methods, metrics',
      },
    ]);
  const outer = checkSchema(gridSchema, written.value, written);
  const problems: GridProblem[] = outer.ok ? [] : outer.problems;
  const sound = outer.ok ? { raw: outer.value, source: written, lost: new Set<string>() } : salvage(written);
  if (sound === undefined) throw new GridErrors(problems);
  const { raw, source } = sound;
  const quick = options.quick === true ? (raw.quick ?? {}) : undefined;
  const folder = dirname(resolve(file));
  const tasks = await resolveTasks(raw, source, folder, { quick, readsOnly: options.readsOnly ?? false }, problems);
  const checkExtractor = options.withExtractors === true ? extractorProblem : async () => undefined;
  const metrics = await resolveMetrics(raw, tasks, source, folder, checkExtractor, problems);
  const { methods, broken } = await resolveMethods(raw, source, folder, quick, checkExtractor, problems);
  checkNames(sound, metrics, problems);
  if (!['tasks', 'truth', 'metrics'].some((section) => sound.lost.has(section)))
    checkTruthPresent(raw, source, tasks, metrics, problems);
  if (problems.length > 0)
    throw new GridErrors([...problems, ...broken.map(({ place, error }) => ({ ...error, place }))]);
  const primary = raw.report.primary ?? metrics[0].metric.id;
  return {
    file,
    name: quick === undefined ? raw.name : `${raw.name}-quick`,
    seed: raw.seed,
    tasks,
    methods: quick === undefined ? methods : firstSettings(methods),
    broken,
    seeds: quick === undefined ? raw.seeds : (quick.seeds ?? raw.seeds.slice(0, 1)),
    metrics,
    ...(raw.select !== undefined && { select: selection(raw.select, primary) }),
    report: { ...raw.report, primary },
    budget: {
      ...(raw.budget.cell !== undefined && { cellMs: raw.budget.cell }),
      ...(raw.budget.memory !== undefined && { memoryBytes: raw.budget.memory }),
    },
    ...(raw.check === undefined
      ? {}
      : { check: { baseline: raw.check.baseline, tolerances: tolerancesOf(raw, primary) } }),
    quick: quick !== undefined,
  };
}

function selection({ by, tuneFraction, budget }: NonNullable<RawGrid['select']>, primary: string): GridSelection {
  return { by: by ?? primary, tuneFraction, ...(budget !== undefined && { budget }) };
}

/** A number alone is the tolerance of the metric that the board is ranked by. */
function tolerancesOf({ check }: RawGrid, primary: string): Readonly<Record<string, number>> {
  const tolerance = check?.tolerance ?? {};
  return typeof tolerance === 'number' ? { [primary]: tolerance } : tolerance;
}

type Quick = NonNullable<RawGrid['quick']>;

async function resolveTasks(
  raw: RawGrid,
  source: YamlSource,
  folder: string,
  { quick, readsOnly }: { readonly quick: Quick | undefined; readonly readsOnly: boolean },
  problems: GridProblem[],
): Promise<GridTask[]> {
  const ids = new Map<string, string>();
  for (const [index, { id }] of raw.tasks.entries()) {
    const reserved = reservedName(id);
    if (reserved !== undefined) problems.push({ place: source.place(['tasks', index, 'id']), message: reserved });
    const other = ids.get(id.toLowerCase());
    if (other !== undefined)
      problems.push({
        place: source.place(['tasks', index, 'id']),
        message:
          other === id
            ? `another task has the id "${id}"`
            : `another task has the id "${other}": some file systems do not distinguish upper and lower case`,
      });
    else ids.set(id.toLowerCase(), id);
  }
  const tasks: GridTask[] = [];
  for (const merged of mergeTasks(raw.tasks, source, problems)) {
    if (merged === undefined) continue;
    if (merged.fields.kind === 'foreign') {
      const foreign = await resolveForeignTask(merged, raw.seed, { folder, readsOnly }, problems);
      if (foreign !== undefined) tasks.push(foreign);
      continue;
    }
    const { truth: ownTruth, ...described } = merged.fields;
    const overrides = quick?.tasks ?? {};
    const wanted = quick === undefined ? described : layered(described, overrides);
    const resolved = resolveTask(wanted, raw.seed, folder, await ownParts(wanted, folder));
    if (!resolved.ok) {
      for (const { path, message, next, unknownKey } of resolved.problems)
        problems.push({
          place: merged.place(path, unknownKey === true ? 'key' : 'value'),
          message,
          next,
        });
      resolveTruth(raw.truth, ownTruth, merged.place, problems);
      continue;
    }
    const spec = quick === undefined ? resolved.spec : quickSpec(resolved.spec, overrides);
    const truth = resolveTruth(raw.truth, ownTruth, merged.place, problems);
    const swept = sweepTruths(spec, truth, placeOfTruth(raw, source, ownTruth, merged), problems);
    for (const { truth, ...task } of swept)
      tasks.push({
        ...task,
        ...(truth !== undefined && { truth: quick === undefined ? truth : quickTruth(truth, given(quick.truth)) }),
      });
  }
  return tasks;
}

const partKeys: readonly (readonly [PartKind, string])[] = [
  ['dataset', 'data'],
  ['model', 'model'],
  ['target', 'target'],
];

/** What the user's own parts of a task declare, each asked in a process of its own before the task is resolved. */
async function ownParts(task: Readonly<Record<string, unknown>>, folder: string): Promise<DeclarePart> {
  const declarations = new Map<PartKind, () => OwnDeclaration>();
  for (const [kind, key] of partKeys) {
    const part = task[key];
    const use = isObject(part) ? part.use : part;
    if (typeof use !== 'string' || Object.hasOwn(knownParts[kind], use)) continue;
    try {
      const place = locateModule(kind, use, folder);
      if (place === undefined) continue;
      const declaration = (await declarationIn({ kind, use, file: place.file })) as OwnDeclaration;
      declarations.set(kind, () => declaration);
    } catch (error) {
      declarations.set(kind, () => {
        throw error;
      });
    }
  }
  return <K extends PartKind>(kind: K, file: string) =>
    (declarations.get(kind)?.() ?? declareOwnPart(kind, file)) as OwnDeclaration<K>;
}

function given(truth: Quick['truth']): Partial<TruthSpec> {
  return Object.fromEntries(Object.entries(truth ?? {}).filter(([, value]) => value !== undefined));
}

/** Where a member of a task's truth is written: in the task, in one that it extends, or for the whole grid. */
function placeOfTruth(raw: RawGrid, source: YamlSource, own: unknown, task: MergedTask): (path: Path) => string {
  return (path) => {
    const [, member] = path;
    const ofTask = isObject(own) && own[String(member)] !== undefined;
    return ofTask || raw.truth === undefined ? task.place(path) : source.place(path);
  };
}

function resolveTruth(
  shared: RawTruth | undefined,
  own: unknown,
  place: (path: Path, part?: 'key' | 'value') => string,
  problems: GridProblem[],
): RawTruth | undefined {
  if (own === undefined) return shared;
  if (own === 'none') return undefined;
  if (typeof own === 'string') {
    problems.push({ place: place(['truth']), message: `expected "none" or a mapping, found ${JSON.stringify(own)}` });
    return undefined;
  }
  if (isObject(own) && own.foreign !== undefined) {
    problems.push({
      place: place(['truth', 'foreign'], 'key'),
      message: 'is for a task of which only the truth is known',
      next: 'add kind: foreign to the task, and leave out data, model, target and queries',
    });
    return undefined;
  }
  const here: YamlSource = { value: own, place: (path, part) => place(['truth', ...path], part) };
  const checked = checkSchema(truthSchema, isObject(own) ? { ...withoutSize(shared, own), ...own } : own, here);
  if (checked.ok) return checked.value;
  problems.push(...checked.problems);
  return undefined;
}

/** What the grid says of truths, less its size of subsets where a task gives one, in either way. */
function withoutSize(shared: RawTruth | undefined, own: Readonly<Record<string, unknown>>): Partial<RawTruth> {
  if (shared === undefined || (own.fraction === undefined && own.leaveOut === undefined)) return { ...shared };
  const { fraction: _, leaveOut: __, ...rest } = shared;
  return rest;
}

async function resolveMethods(
  raw: RawGrid,
  source: YamlSource,
  folder: string,
  quick: Quick | undefined,
  checkExtractor: typeof extractorProblem,
  problems: GridProblem[],
): Promise<Pick<Grid, 'methods' | 'broken'>> {
  const around = { seeds: raw.seeds, wanted: quick?.seeds ?? raw.seeds };
  const taskIds = raw.tasks.map(({ id }) => id);
  const methods: GridMethod[] = [];
  const broken: BrokenMethod[] = [];
  const seen = new Set<string>();
  const moduleOf = new Map<string, string>();
  for (const [index, entry] of raw.methods.entries()) {
    const { use, params, grid } = entry;
    const here: Path = ['methods', index];
    const complain = (path: Path, message: string, next?: string, part?: 'key') =>
      problems.push({
        place: source.place([...here, ...path], part),
        message,
        next,
      });
    for (const { path, message, next } of [...unknownTasks(entry, taskIds), ...strayFields(entry)])
      complain(path, message, next);
    try {
      const loaded = await methodOf(entry, folder, around);
      const { id, params: specs } = loaded.method;
      const other = moduleOf.get(id);
      if (other !== undefined && other !== loaded.file)
        complain([entry.as === undefined ? 'use' : 'as'], `another method has the id "${id}"`, 'say as: another-id');
      moduleOf.set(id, loaded.file);
      const expanded = expandSettings(specs, params, grid);
      for (const problem of expanded.problems)
        complain(problem.path, problem.message, problem.next, problem.unknownKey === true ? 'key' : undefined);
      for (const setting of expanded.settings) {
        const identity = hashJson([id, { ...setting }]);
        if (seen.has(identity)) complain(['use'], `"${id}" is listed twice with the same parameters`, 'leave one out');
        seen.add(identity);
        const files = await namedFiles(specs, setting, folder);
        const wrong = await checkExtractor(files.located, 'method');
        if (wrong !== undefined) complain(['params', 'extractor'], wrong.message, wrong.next);
        const names = raw.select?.budget === undefined || quick !== undefined ? [] : namesToDraw(entry, raw, specs);
        methods.push({
          loaded,
          params: setting,
          files,
          ...(names.length > 0 && { tuned: { names, budget: raw.select?.budget ?? 1 } }),
        });
      }
    } catch (error) {
      if (error instanceof EntryProblem) {
        complain(error.path, error.message, error.next);
        continue;
      }
      if (!(error instanceof BenchError)) throw error;
      if (!isBroken(error)) complain(['use'], error.message, error.next);
      else broken.push({ id: parse(use).name, place: source.place([...here, 'use']), error: toPlainError(error) });
    }
  }
  const ids = [...moduleOf.keys()];
  for (const { id, place } of broken) {
    if (ids.includes(id)) problems.push({ place, message: `another method has the id "${id}"` });
    ids.push(id);
  }
  return { methods, broken };
}

/**
 * The parameters of a row whose values are drawn: those with a search space, less those that its entry gives. None where the
 * grid lists settings itself, in a `grid:` or in several entries.
 */
function namesToDraw(entry: RawGrid['methods'][number], raw: RawGrid, specs: ParamSpecs): string[] {
  const { params, grid } = entry;
  const rowOf = ({ use, as = use }: RawGrid['methods'][number]) => as;
  const ofRow = raw.methods.filter((other) => rowOf(other) === rowOf(entry));
  if (Object.keys(grid).length > 0 || ofRow.length > 1) return [];
  return Object.keys(specs).filter((name) => specs[name].search !== undefined && !Object.hasOwn(params, name));
}

/** Whether a method is there, but its code throws, ends its process or does not end when it is loaded. */
function isBroken(error: BenchError): boolean {
  return error.code === 'MODULE_BROKEN' || isUserCodeFailure(error);
}

async function resolveMetrics(
  raw: RawGrid,
  gridTasks: readonly GridTask[],
  source: YamlSource,
  folder: string,
  checkExtractor: typeof extractorProblem,
  problems: GridProblem[],
): Promise<GridMetric[]> {
  const taskIds = raw.tasks.map(({ id }) => id);
  const metrics: GridMetric[] = [];
  for (const [index, { use, params, tasks }] of raw.metrics.entries()) {
    const here: Path = ['metrics', index];
    for (const [i, id] of (tasks ?? []).entries())
      if (!taskIds.includes(id)) problems.push(notKnown('task', id, taskIds, source.place([...here, 'tasks', i])));
    const loaded = await loadedMetric(use, folder, source.place([...here, 'use']), problems);
    if (loaded === undefined) continue;
    const { metric } = loaded;
    if (metrics.some((earlier) => earlier.metric.id === metric.id))
      problems.push({ place: source.place([...here, 'use']), message: `metric "${metric.id}" is listed twice` });
    const { settings, problems: wrong } = expandSettings(metric.params, params, {});
    for (const { path, message, next, unknownKey } of wrong)
      problems.push({
        place: source.place([...here, ...path], unknownKey === true ? 'key' : 'value'),
        message,
        next,
      });
    for (const setting of settings) {
      const files = await namedFiles(metric.params, setting, folder).catch((error: unknown) => {
        if (!(error instanceof BenchError)) throw error;
        problems.push({ place: source.place([...here, 'params']), message: error.message, next: error.next });
      });
      if (files === undefined) continue;
      const wrong = await checkExtractor(files.located, 'metric');
      if (wrong !== undefined)
        problems.push({
          place: source.place([...here, 'params', 'extractor']),
          message: wrong.message,
          next: wrong.next,
        });
      const only = tasks === undefined ? {} : { tasks: tasks.flatMap((id) => sweptIds(id, gridTasks)) };
      metrics.push({ ...loaded, params: setting, files, ...only });
    }
  }
  return metrics;
}

async function loadedMetric(
  use: string,
  folder: string,
  place: string,
  problems: GridProblem[],
): Promise<LoadedMetric | undefined> {
  try {
    return await loadMetric(use, folder);
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    problems.push({ place, message: error.message, next: error.next });
    return undefined;
  }
}

function checkNames(
  { raw, source, lost }: SalvagedGrid,
  metrics: readonly GridMetric[],
  problems: GridProblem[],
): void {
  // One that cannot be loaded is complained of already, and is meant by the name that the file gives it.
  const used = [...new Set([...metrics.map(({ metric }) => metric.id), ...raw.metrics.map(({ use }) => use)])];
  const named: [Path, string | undefined][] = [
    [['select', 'by'], raw.select?.by],
    [['report', 'primary'], raw.report.primary],
    ...(typeof raw.check?.tolerance === 'object' ? Object.keys(raw.check.tolerance) : []).map(
      (name): [Path, string] => [['check', 'tolerance', name], name],
    ),
  ];
  for (const [path, name] of named)
    if (name !== undefined && !used.includes(name) && !lost.has('metrics'))
      problems.push({
        ...notKnown('metric', name, used, source.place(path)),
        message: `"${name}" is not under metrics`,
      });
  for (const [index, seed] of raw.seeds.entries())
    if (raw.seeds.indexOf(seed) < index)
      problems.push({ place: source.place(['seeds', index]), message: `seed ${seed} is listed twice` });
}

function checkTruthPresent(
  raw: RawGrid,
  source: YamlSource,
  tasks: readonly GridTask[],
  metrics: readonly GridMetric[],
  problems: GridProblem[],
): void {
  // What all of them lack cannot be known where one could not be resolved.
  const allResolved = raw.tasks.every(({ id }) => sweptIds(id, tasks).length > 0);
  const hasTruth = ({ spec, truth }: GridTask) => spec === undefined || truth !== undefined;
  for (const [index, { metric, tasks: only }] of metrics.entries()) {
    for (const { id, spec } of tasks)
      if (spec === undefined && only?.includes(id) && !needsTruthAlone(metric))
        problems.push({
          place: source.place(['metrics', index, 'tasks']),
          message: `metric "${metric.id}" needs more than the truth, which is all that is known of task "${id}"`,
          next: 'leave the task out here',
        });
    if (allResolved || only !== undefined)
      problems.push(...missingNeeds(metric, only, tasks, source.place(['metrics', index])));
    if (!metric.needs.includes('truth')) continue;
    const lacking = tasks.filter((task) => !hasTruth(task) && (only?.includes(task.id) ?? false));
    for (const { id } of lacking)
      problems.push({
        place: source.place(['metrics', index, 'tasks']),
        message: `metric "${metric.id}" needs ground truth, task "${id}" has none`,
        next: 'leave the task out here or give it a truth',
      });
    if (only === undefined && raw.truth === undefined && allResolved && !tasks.some(hasTruth))
      problems.push({
        place: source.place(['metrics', index]),
        message: `metric "${metric.id}" needs ground truth and no task has any`,
        next: 'add truth: { subsets: 64 }',
      });
  }
}

/** What a metric needs of the points, queries or models of tasks, where those that it is for do not have it. */
function missingNeeds(
  metric: MetricDeclaration,
  only: readonly string[] | undefined,
  tasks: readonly GridTask[],
  place: string,
): GridProblem[] {
  const missing = tasks.flatMap((task) => {
    const need = missingNeed(metric, task);
    return need === undefined ? [] : [{ task: task.id, ...need }];
  });
  if (only === undefined) {
    const [first] = missing;
    if (first === undefined || missing.length < tasks.length) return [];
    return [{ place, message: `metric "${metric.id}" needs ${first.what} and no task has any`, next: first.next }];
  }
  return missing
    .filter(({ task }) => only.includes(task))
    .map(({ task, what, next }) => ({
      place,
      message: `metric "${metric.id}" needs ${what}, task "${task}" has none`,
      next: `${next}, or leave the task out here`,
    }));
}

function notKnown(what: string, name: string, known: readonly string[], place: string): GridProblem {
  return {
    place,
    message: `there is no ${what} "${name}"`,
    next: didYouMean(name, known, `known: ${known.join(', ')}`),
  };
}

/** The first setting of each method. */
function firstSettings(methods: readonly GridMethod[]): GridMethod[] {
  return methods.filter(
    ({ loaded }, index) => methods.findIndex((other) => other.loaded.method.id === loaded.method.id) === index,
  );
}
