import {
  BenchError,
  checkParams,
  didYouMean,
  fileNameProblem,
  fileParams,
  isObject,
  locateFiles,
  type ModelKind,
  type ParamProblem,
  type ParamSpecs,
  type ParamValue,
} from '@attribution-bench/contract';
import { locateModule } from './code/authored-module.js';
import { usualKinds } from './data/dataset.js';
import { plantsIn } from './data/plants/plants.js';
import { type Declared, declareOwnPart, type OwnDeclaration, type PartKind, type Parts } from './own-parts.js';
import { knownParts } from './parts.js';
import { querySets } from './queries.js';
import type { Choice, QuerySpec, TaskSpec } from './spec.js';
import { optimizerParams, type Recipe } from './training/recipe.js';

export type ResolvedTask = { ok: true; spec: TaskSpec } | { ok: false; problems: ParamProblem[] };

type Fields = Readonly<Record<string, unknown>>;
const keys = ['id', 'kind', 'data', 'model', 'target', 'queries'];
const defaultTarget: Readonly<Record<ModelKind, string>> = {
  classifier: 'margin',
  regressor: 'prediction',
  generator: 'neg-denoising-loss',
};

/**
 * Checks a task as written in a grid file (`extends` already merged, `truth` taken out) and fills in every default.
 * `data`, `model` and `target` are a name or an object with `use`, which may also be the path or the package of a user's own
 * module; `model` holds the training recipe too.
 * @param folder where relative paths start
 * @param declare finds out what the module of a part declares; default by loading it here. Its BenchErrors become problems
 * @returns the spec, or every problem found, with its path from the task
 */
export function resolveTask(
  raw: unknown,
  gridSeed: number,
  folder = '.',
  declare: DeclarePart = declareOwnPart,
): ResolvedTask {
  if (!isObject(raw))
    return { ok: false, problems: [{ path: [], message: 'a task is a mapping with id, data, model' }] };
  const problems: ParamProblem[] = unknownKeys(raw);
  const report = (path: (string | number)[], message: string, next?: string) => {
    problems.push({ path, message, next });
  };
  const id = raw.id;
  const unnamed = typeof id === 'string' ? fileNameProblem(id) : 'a task needs an "id"';
  if (unnamed !== undefined) report(id === undefined ? [] : ['id'], unnamed);
  const from = { folder, declare, problems };
  const model = chosen('model', 'model', raw.model, from);
  const kind = model?.declared.kind ?? 'classifier';
  if (raw.kind !== undefined && model !== undefined && raw.kind !== kind) {
    report(['kind'], `${model.declared.id} is a ${kind} model, the task says ${JSON.stringify(raw.kind)}`);
  }
  const data = chosen('dataset', 'data', raw.data, from);
  const { kinds = usualKinds } = data?.declared ?? {};
  if (data !== undefined && model !== undefined && !kinds.includes(kind)) {
    const fitting = Object.values(knownParts.model).filter((known) => kinds.includes(known.kind));
    report(
      ['data'],
      `${data.declared.id} has points for a ${kinds.join(' or a ')}, and ${model.declared.id} is a ${kind}`,
      `take a dataset for a ${kind}, or one of the models ${fitting.map(({ id }) => id).join(', ')}`,
    );
  }
  const target = chosen('target', 'target', raw.target ?? defaultTarget[kind], from);
  if (target !== undefined && model !== undefined && target.declared.kind !== kind) {
    report(['target'], `${target.declared.id} is a target of a ${target.declared.kind}, the model is a ${kind}`);
  }
  const dataParams = data && checked('data', data.declared.params, data.given, problems);
  const targetParams = target && checked('target', target.declared.params, target.given, problems);
  const modelParams = model && checked('model', model.declared.params, model.given, problems);
  if (dataParams !== undefined) {
    checkClasses(kind, dataParams, report);
    checkPlants(kind, data?.declared.id, dataParams, report);
  }
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
      data: { ...data.identity, ...points },
      model: {
        ...model.identity,
        ...pick(modelParams, Object.keys(model.declared.architecture)),
      },
      training: recipeOf(model.declared, modelParams),
      target: { ...target.identity, ...targetParams },
      queries,
    },
  };
}

/** Finds out what a module declares. @param file its absolute path */
export type DeclarePart = <K extends PartKind>(kind: K, file: string) => OwnDeclaration<K>;

interface Chosen<K extends PartKind> {
  readonly declared: Declared<Parts[K]>;
  /** What names it in a resolved task: `use`, and of a user's module the hash of its code and its parameters that are files. */
  readonly identity: Choice;
  readonly given: Fields;
}

/** The part that `value` names and the parameters given to it; undefined when it cannot be had, which is reported. */
function chosen<K extends PartKind>(
  kind: K,
  key: string,
  value: unknown,
  { folder, declare, problems }: { folder: string; declare: DeclarePart; problems: ParamProblem[] },
): Chosen<K> | undefined {
  const { use, ...given } = typeof value === 'string' ? { use: value } : isObject(value) ? value : {};
  const known = knownParts[kind];
  const names = Object.keys(known).join(', ');
  if (use === undefined) {
    const message = value === undefined ? `a task needs "${key}"` : `"${key}" needs "use"`;
    problems.push({ path: value === undefined ? [] : [key], message, next: `known: ${names}` });
    return undefined;
  }
  const path = typeof value === 'string' ? [key] : [key, 'use'];
  if (typeof use === 'string' && Object.hasOwn(known, use)) return { declared: known[use], identity: { use }, given };
  try {
    const place = typeof use === 'string' ? locateModule(kind, use, folder) : undefined;
    if (place !== undefined) {
      const { declared, sha256 } = declare(kind, place.file);
      const files =
        kind === 'dataset' ? fileParams((declared as unknown as { readonly params: ParamSpecs }).params) : [];
      const identity = { use: place.file, sha256, ...(files.length === 0 ? {} : { files }) };
      return { declared, identity, given };
    }
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    const { message, next } = error;
    problems.push({ path, message, next });
    return undefined;
  }
  const next = `known: ${names}`;
  problems.push({
    path,
    message: `${key} ${JSON.stringify(use)} is not known`,
    next: typeof use === 'string' ? didYouMean(use, Object.keys(known), next) : next,
  });
  return undefined;
}

type Values = Readonly<Record<string, ParamValue>>;

function checked(key: string, specs: ParamSpecs, given: Fields, problems: ParamProblem[]): Values | undefined {
  const result = checkParams(specs, given);
  if (result.ok) return result.params as Values;
  problems.push(...result.problems.map((problem) => ({ ...problem, path: [key, ...problem.path] })));
  return undefined;
}

type Report = (path: (string | number)[], message: string, next?: string) => void;

function checkClasses(kind: ModelKind, { classes, flipLabels, normalise }: Values, report: Report): void {
  if (kind === 'regressor' && Array.isArray(classes) && classes.length > 0)
    report(['data', 'classes'], 'the points of a regressor have no classes', 'leave classes out');
  if (Array.isArray(classes)) {
    const twice = classes.find((name, index) => classes.indexOf(name) !== index);
    if (twice !== undefined) report(['data', 'classes'], `names ${JSON.stringify(twice)} twice`);
  }
  const count = Array.isArray(classes) ? classes.length : classes;
  if (kind === 'classifier' && count === 1) report(['data', 'classes'], 'a classifier needs at least two classes');
  if (kind !== 'classifier' && flipLabels !== 0) {
    report(['data', 'flipLabels'], `a ${kind} does not see classes`, 'leave flipLabels out');
  }
  if (kind === 'generator' && normalise !== undefined) {
    report(['data', 'normalise'], 'a generator is fed pixels from -1 to 1', 'leave normalise out');
  }
}

function checkPlants(kind: ModelKind, dataset: string | undefined, data: Values, report: Report): void {
  const [first, second] = [...plantsIn(data), ...(data.flipLabels === 0 ? [] : ['flipLabels'])];
  if (first === undefined || first === 'flipLabels') return;
  if (second !== undefined)
    report(['data', first], `cannot be there beside ${second}`, 'make a task of each; the second can extend the first');
  if (kind !== 'classifier') report(['data', first], 'is for classifiers', 'leave it out');
  const { mixed } = data;
  if (!isObject(mixed)) return;
  const needsMore = ({ kinds = usualKinds, params }: Parts['dataset']) =>
    !kinds.includes('classifier') ||
    Object.values(params).some((param) => param.default === undefined && param.optional !== true);
  const known = Object.entries(knownParts.dataset).flatMap(([name, part]) =>
    name === dataset || needsMore(part) ? [] : [name],
  );
  const use = String(mixed.use);
  if (!known.includes(use))
    report(
      ['data', 'mixed', 'use'],
      use === dataset ? `is ${use}, which the other points are of` : `${JSON.stringify(use)} is not known`,
      didYouMean(use, known, `known: ${known.join(', ')}`),
    );
}

function checkOptimizer(optimizer: ParamValue, given: Fields, report: Report): void {
  const own = optimizerParams[optimizer as Recipe['optimizer']];
  for (const param of new Set(Object.values(optimizerParams).flat())) {
    if (!own.includes(param) && given[param] !== undefined) {
      report(['model', param], `${optimizer} has no ${param}`, `it takes ${own.join(', ')}`);
    }
  }
}

function recipeOf(model: Declared<Parts['model']>, params: Values): Recipe {
  const foreign = Object.entries(optimizerParams).flatMap(([optimizer, own]) =>
    optimizer === params.optimizer ? [] : own,
  );
  const own: readonly string[] = optimizerParams[params.optimizer as Recipe['optimizer']];
  const names = Object.keys(model.training).filter((name) => own.includes(name) || !foreign.includes(name as never));
  return pick(params, names) as unknown as Recipe;
}

function resolveQueries(
  kind: ModelKind,
  given: unknown,
  data: Values | undefined,
  givenData: Fields,
  problems: ParamProblem[],
): QuerySpec | undefined {
  if (kind !== 'generator') {
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
    .map((key) => ({
      path: [key],
      unknownKey: true,
      message: `unknown key "${key}"`,
      next: didYouMean(key, keys, `known: ${keys.join(', ')}`),
    }));
}

function pick(values: Values, names: readonly string[]): Values {
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}
