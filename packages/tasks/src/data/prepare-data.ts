import { totalmem } from 'node:os';
import {
  BenchError,
  deriveSeed,
  type Json,
  type ParamSpecs,
  type Params,
  Rng,
  sizeOf,
} from '@attribution-bench/contract';
import { paramsOf, partOf } from '../parts.js';
import type { TaskSpec } from '../spec.js';
import { groupedPoints } from './choose-groups.js';
import { firstPoints, stratifiedPoints } from './choose-points.js';
import type { Partition } from './dataset.js';
import { hasGroups } from './has-groups.js';
import { keptClasses } from './kept-classes.js';
import { flipLabels } from './label-noise.js';
import { normalisationOf } from './normalisation.js';
import { planted } from './plants/plants.js';
import { readPoints } from './read-points.js';
import type { DataEnvironment, TaskData } from './task-data.js';

/** Hash of the user's own files that a task's data are made from; undefined where the spec says what is in them. */
export async function dataFingerprint({ data }: TaskSpec): Promise<string | undefined> {
  return partOf('dataset', data).fingerprint?.(paramsOf(data));
}

/**
 * Reads or downloads a task's dataset, chooses its points, adds its label noise and what is planted in
 * them. Depends on {@link dataKey} only.
 * Inputs are normalised, see {@link normalisationOf}. A generator's generated queries do not exist yet, see `withGenerated`.
 * @throws BenchError when files are missing, damaged or too small for what is asked
 */
export async function prepareData(spec: TaskSpec, environment: DataEnvironment): Promise<TaskData> {
  const dataset = partOf('dataset', spec.data);
  const params = paramsOf(spec.data) as Readonly<Record<string, Json>>;
  const loaded = { ...params, queries: spec.queries.heldout } as unknown as Params<ParamSpecs>;
  const rows = await dataset.load(loaded, environment, spec.seed, spec.kind);
  const kept = keptClasses(spec.id, spec.kind, rows, params.classes);
  const counts = { train: params.train as number, queries: spec.queries.heldout };
  const choose = { first: firstPoints, groups: groupedPoints, stratified: stratifiedPoints };
  const how = (params.choose ?? 'stratified') as keyof typeof choose;
  const { train, queries } = choose[how](rows, kept, counts, spec.seed, dataset.id);
  const source = rows.fittedTo?.(train) ?? rows;
  const heldout = source.heldout ?? source.train;
  const normalisation = normalisationOf(spec, source.pixels);
  const noise = deriveSeed(spec.seed, dataset.id, 'label-noise');
  const { labels, flipped } = flipLabels(
    labelsOf(source.train, train, kept),
    kept.length,
    params.flipLabels as number,
    noise,
  );
  const dims = sizeOf(source.inputShape);
  checkMemory(spec.id, (counts.train + counts.queries) * dims, source.inputShape);
  const data = {
    inputs: await readPoints(source.train, train, dims, normalisation),
    labels,
    flipped,
    queryInputs: await readPoints(heldout, queries, dims, normalisation),
    queryLabels: labelsOf(heldout, queries, kept),
    inputShape: source.inputShape,
    classes: kept.length,
    ids: idsOf(source.train, train),
    queryIds: idsOf(heldout, queries),
    ...(hasGroups(spec.data) && {
      marks: { groups: { train: groupsOf(source.train, train), queries: groupsOf(heldout, queries) } },
    }),
    ...(spec.kind === 'regressor' && {
      responses: {
        train: responsesOf(source.train, train, spec),
        queries: responsesOf(heldout, queries, spec),
      },
    }),
  };
  return planted(data, params, {
    task: spec.id,
    source,
    kept,
    normalisation,
    environment,
    seed: spec.seed,
    rng: new Rng(deriveSeed(spec.seed, dataset.id, 'plant')),
  });
}

/** Labels counted within the kept classes. */
function labelsOf(partition: Partition, rows: Int32Array, kept: readonly number[]): Int32Array {
  return rows.map((row) => kept.indexOf(partition.labels[row]));
}

/** @throws BenchError MODULE_INVALID when a user's dataset gives none, DATA_NOT_FINITE */
function responsesOf({ name, responses }: Partition, rows: Int32Array, { id, data }: TaskSpec): Float32Array {
  if (responses === undefined)
    throw new BenchError({
      code: 'MODULE_INVALID',
      place: `task "${id}"`,
      message: `the dataset ${data.use} gives no responses for a regressor to predict`,
      next: 'give its partitions responses, or leave regressor out of its kinds',
    });
  const values = Float32Array.from(rows, (row) => responses[row]);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong === -1) return values;
  throw new BenchError({
    code: 'DATA_NOT_FINITE',
    place: `point ${name}/${rows[wrong]}`,
    message: `has the response ${responses[rows[wrong]]}, which does not fit a 32-bit float`,
    next: 'rescale the data',
  });
}

/** @throws BenchError DATA_TOO_LARGE when so many numbers cannot be held: better than to fail half way */
function checkMemory(task: string, numbers: number, inputShape: readonly number[]): void {
  const bytes = numbers * Float32Array.BYTES_PER_ELEMENT;
  if (bytes <= totalmem()) return;
  const gib = (size: number) => (size / 2 ** 30).toFixed(1);
  throw new BenchError({
    code: 'DATA_TOO_LARGE',
    place: `task "${task}"`,
    message: `has points of ${inputShape.join(' × ')}, ${gib(bytes)} GiB together; the machine has ${gib(totalmem())} GiB`,
    next: 'lower data.train, or make the points smaller',
  });
}

/** @throws BenchError GROUPS_MISSING when a dataset has none, of which a grid was told otherwise */
function groupsOf({ name, groups }: Partition, rows: Int32Array): Int32Array {
  if (groups !== undefined) return rows.map((row) => groups[row]);
  throw new BenchError({
    code: 'GROUPS_MISSING',
    place: `points ${name}`,
    message: 'have no groups, which data.groups asks for',
    next: 'give each partition of the dataset its groups, or leave data.groups out',
  });
}

function idsOf({ name }: Partition, rows: Int32Array): string[] {
  return Array.from(rows, (row) => `${name}/${row}`);
}
