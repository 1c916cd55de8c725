import { resolve } from 'node:path';
import {
  BenchError,
  checkParams,
  didYouMean,
  fileNameProblem,
  isObject,
  locateFiles,
  type ParamProblem,
  type ParamSpecs,
  type ParamValue,
  type TaskKind,
} from '@attribution-bench/contract';
import { datasets } from './data/datasets.js';
import type { Model } from './models/model.js';
import { models } from './models/models.js';
import { declareOwnModel, isModelPath, type OwnModelDeclaration } from './models/own-model.js';
import { querySets } from './queries.js';
import type { QuerySpec, TaskSpec } from './spec.js';
import { targets } from './targets/targets.js';
import { optimizerParams, type Recipe } from './training/recipe.js';

export type ResolvedTask = { ok: true; spec: TaskSpec } | { ok: false; problems: ParamProblem[] };

type Fields = Readonly<Record<string, unknown>>;
type Declared = Omit<Model, 'network'>;
const keys = ['id', 'kind', 'data', 'model', 'target', 'queries'];
const defaultTarget: Readonly<Record<TaskKind, string>> = { classifier: 'margin', generator: 'neg-denoising-loss' };

/**
 * Checks a task as written in a grid file (`extends` already merged, `truth` taken out) and fills in every default.
 * `data`, `model` and `target` are a name or an object with `use`; `model` holds the training recipe too, and may name the
 * path of a module with a user's own model.
 * @param folder where relative paths start
 * @param declare how what the model in a file declares is found out; default by loading it here. Its BenchErrors become problems
 * @returns the spec, or every problem found, with its path from the task
 */
export function resolveTask(
  raw: unknown,
  gridSeed: number,
  folder = '.',
  declare: (file: string) => OwnModelDeclaration = declareOwnModel,
): ResolvedTask {
  if (!isObject(raw))
    return { ok: false, problems: [{ path: [], message: 'a task is a mapping with id, data, model' }] };
  const problems: ParamProblem[] = unknownKeys(raw);
  const report = (path: (string | number)[], message: string, next?: string) => {
    problems.push({ path, message, ...(next === undefined ? {} : { next }) });
  };
  const id = raw.id;
  const unnamed = typeof id === 'string' ? fileNameProblem(id) : 'a task needs an "id"';
  if (unnamed !== undefined) report(id === undefined ? [] : ['id'], unnamed);
  const own = ownModel(raw.model, folder, declare, problems);
  const model =
    own === 'broken' ? undefined : chosen<Declared>('model', raw.model, { ...models, ...own?.named }, problems);
  const kind = model?.declared.kind ?? 'classifier';
  if (raw.kind !== undefined && model !== undefined && raw.kind !== kind) {
    report(['kind'], `${model.declared.id} is a ${kind} model, the task says ${JSON.stringify(raw.kind)}`);
  }
  const data = chosen('data', raw.data, datasets, problems);
  const target = chosen('target', raw.target ?? defaultTarget[kind], targets, problems);
  if (target !== undefined && model !== undefined && target.declared.kind !== kind) {
    report(['target'], `${target.declared.id} is a target of a ${target.declared.kind}, the model is a ${kind}`);
  }
  const dataParams = data && checked('data', data.declared.params, data.given, problems);
  const targetParams = target && checked('target', target.declared.params, target.given, problems);
  const modelParams = model && checked('model', model.declared.params, model.given, problems);
  if (dataParams !== undefined) checkClasses(kind, dataParams, report);
  if (model !== undefined && modelParams !== undefined) checkOptimizer(modelParams.optimizer, model.given, report);
  const queries = resolveQueries(kind, raw.queries, dataParams, data?.given ?? {}, problems);
  if (problems.length > 0 || !data || !dataParams || !model || !modelParams || !target || !targetParams || !queries) {
    return { ok: false, problems };
  }
  const { queries: _, ...points } = locateFiles(data.declared.params, dataParams, folder);
  return {
    ok: true,
    spec: {
      id: id as string,
      kind,
      seed: gridSeed,
      data: { use: data.declared.id, ...points },
      model: {
        use: model.use,
        ...(own === undefined || own === 'broken' ? {} : own.identity),
        ...pick(modelParams, Object.keys(model.declared.architecture)),
      },
      training: recipeOf(model.declared, modelParams),
      target: { use: target.declared.id, ...targetParams },
      queries,
    },
  };
}

interface Named {
  readonly id: string;
}

/** The declared thing that `value` names and the parameters given to it. */
function chosen<T extends Named>(
  key: string,
  value: unknown,
  known: Readonly<Record<string, T>>,
  problems: ParamProblem[],
): { readonly use: string; readonly declared: T; readonly given: Fields } | undefined {
  const { use, ...given } = typeof value === 'string' ? { use: value } : isObject(value) ? value : {};
  const names = Object.keys(known).join(', ');
  if (use === undefined) {
    const message = value === undefined ? `a task needs "${key}"` : `"${key}" needs "use"`;
    problems.push({ path: value === undefined ? [] : [key], message, next: `known: ${names}` });
    return undefined;
  }
  if (typeof use !== 'string' || !Object.hasOwn(known, use)) {
    const meant = typeof use === 'string' ? didYouMean(use, Object.keys(known)) : undefined;
    problems.push({
      path: typeof value === 'string' ? [key] : [key, 'use'],
      message: `${key} ${JSON.stringify(use)} is not known`,
      next: meant === undefined ? `known: ${names}` : `did you mean "${meant}"?`,
    });
    return undefined;
  }
  return { use, declared: known[use], given };
}

/** The model that `value` names by the path of its module, if it does; problems with it are reported. */
function ownModel(
  value: unknown,
  folder: string,
  declare: (file: string) => OwnModelDeclaration,
  problems: ParamProblem[],
):
  | {
      readonly named: Readonly<Record<string, Declared>>;
      readonly identity: { readonly use: string; readonly sha256: string };
    }
  | 'broken'
  | undefined {
  const use = isObject(value) ? value.use : value;
  if (typeof use !== 'string' || !isModelPath(use)) return undefined;
  try {
    const file = resolve(folder, use);
    const { declared, sha256 } = declare(file);
    return { named: { [use]: declared }, identity: { use: file, sha256 } };
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    const { message, next } = error;
    problems.push({
      path: isObject(value) ? ['model', 'use'] : ['model'],
      message,
      ...(next === undefined ? {} : { next }),
    });
    return 'broken';
  }
}

type Values = Readonly<Record<string, ParamValue>>;

function checked(key: string, specs: ParamSpecs, given: Fields, problems: ParamProblem[]): Values | undefined {
  const result = checkParams(specs, given);
  if (result.ok) return result.params as Values;
  problems.push(...result.problems.map((problem) => ({ ...problem, path: [key, ...problem.path] })));
  return undefined;
}

type Report = (path: (string | number)[], message: string, next?: string) => void;

function checkClasses(kind: TaskKind, { classes, flipLabels }: Values, report: Report): void {
  if (Array.isArray(classes)) {
    const twice = classes.find((name, index) => classes.indexOf(name) !== index);
    if (twice !== undefined) report(['data', 'classes'], `names ${JSON.stringify(twice)} twice`);
  }
  const count = Array.isArray(classes) ? classes.length : classes;
  if (kind === 'classifier' && count === 1) report(['data', 'classes'], 'a classifier needs at least two classes');
  if (kind === 'generator' && flipLabels !== 0) {
    report(['data', 'flipLabels'], 'a generator does not see labels', 'leave flipLabels out');
  }
}

function checkOptimizer(optimizer: ParamValue, given: Fields, report: Report): void {
  const own = optimizerParams[optimizer as Recipe['optimizer']];
  for (const param of new Set(Object.values(optimizerParams).flat())) {
    if (!own.includes(param) && given[param] !== undefined) {
      report(['model', param], `${optimizer} has no ${param}`, `it takes ${own.join(', ')}`);
    }
  }
}

function recipeOf(model: Declared, params: Values): Recipe {
  const foreign = Object.entries(optimizerParams).flatMap(([optimizer, own]) =>
    optimizer === params.optimizer ? [] : own,
  );
  const own: readonly string[] = optimizerParams[params.optimizer as Recipe['optimizer']];
  const names = Object.keys(model.training).filter((name) => own.includes(name) || !foreign.includes(name as never));
  return pick(params, names) as unknown as Recipe;
}

function resolveQueries(
  kind: TaskKind,
  given: unknown,
  data: Values | undefined,
  givenData: Fields,
  problems: ParamProblem[],
): QuerySpec | undefined {
  if (kind === 'classifier') {
    if (given === undefined) return data && { heldout: data.queries as number, generated: 0 };
    problems.push({ path: ['queries'], message: 'is for generators', next: 'set data.queries' });
    return undefined;
  }
  if (givenData.queries !== undefined) {
    problems.push({
      path: ['data', 'queries'],
      message: 'is for classifiers',
      next: 'set queries: { heldout, generated }',
    });
  }
  if (given !== undefined && !isObject(given)) {
    problems.push({ path: ['queries'], message: 'is a mapping with heldout and generated' });
    return undefined;
  }
  const params = checked('queries', querySets, given ?? {}, problems);
  if (params === undefined) return undefined;
  const { heldout, generated, ...sampling } = params as unknown as Required<QuerySpec>;
  if (heldout + generated > 0) return { heldout, generated, ...(generated > 0 ? sampling : {}) };
  problems.push({ path: ['queries'], message: 'there is nothing to explain: heldout and generated are both 0' });
  return undefined;
}

function unknownKeys(raw: Fields): ParamProblem[] {
  return Object.keys(raw)
    .filter((key) => !keys.includes(key))
    .map((key) => {
      const meant = didYouMean(key, keys);
      return {
        path: [key],
        unknownKey: true,
        message: `unknown key "${key}"`,
        next: meant === undefined ? `known: ${keys.join(', ')}` : `did you mean "${meant}"?`,
      };
    });
}

function pick(values: Values, names: readonly string[]): Values {
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}
