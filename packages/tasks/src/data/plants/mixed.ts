import { checkParams, type ParamSpecs, sizeOf } from '@attribution-bench/contract';
import { stratifiedPoints } from '../choose-points.js';
import type { PointSource } from '../dataset.js';
import { datasets } from '../datasets.js';
import { keptClasses } from '../kept-classes.js';
import { readPoints } from '../read-points.js';
import { noGroup } from '../rows-by-group.js';
import { type Ground, labelNamed, marksAt, type Plant, type PlantValue, plantError, someOf } from './plant.js';

/**
 * Points of another dataset in the places of some, all with one label, and queries like them (Hammoudeh and Lowd 2022,
 * after quanda's mixed datasets).
 */
export const mixed: Plant<'mixed'> = async (data, value, ground) => {
  const { rng } = ground;
  const label = labelNamed(value.label, 'mixed.label', ground);
  const places = {
    train: someOf(Array.from(data.labels.keys()), value.share, rng),
    queries: someOf(Array.from(data.queryLabels.keys()), value.queryShare, rng),
  };
  const dims = sizeOf(data.inputShape);
  const source = await otherSource(value, { train: places.train.length, queries: places.queries.length, dims }, ground);
  if (source.inputShape.join() !== data.inputShape.join())
    throw plantError(
      'DATA_MIXED',
      ground,
      'mixed',
      `adds points of ${source.inputShape.join(' × ')} to points of ${data.inputShape.join(' × ')}`,
      'take a dataset with points of the same shape',
    );
  const counts = { train: places.train.length, queries: places.queries.length };
  const kept = keptClasses(ground.task, 'generator', source, []);
  const chosen = stratifiedPoints(source, kept, counts, ground.seed, value.use);
  const replace = async (from: PointSource['train'], rows: Int32Array, at: readonly number[], inputs: Float32Array) => {
    const points = await readPoints(from, rows, dims, ground.normalisation);
    for (const [i, place] of at.entries()) inputs.set(points.subarray(i * dims, (i + 1) * dims), place * dims);
  };
  const labelled = (labels: Int32Array, at: readonly number[]) => {
    const result = labels.slice();
    for (const place of at) result[place] = label;
    return result;
  };
  const ungrouped = (groups: Int32Array, at: readonly number[]) => {
    const result = groups.slice();
    for (const place of at) result[place] = noGroup;
    return result;
  };
  const renamed = (ids: readonly string[], { name }: PointSource['train'], rows: Int32Array, at: readonly number[]) => {
    const result = [...ids];
    for (const [i, place] of at.entries()) result[place] = `${value.use}:${name}/${rows[i]}`;
    return result;
  };
  const heldout = source.heldout ?? source.train;
  await replace(source.train, chosen.train, places.train, data.inputs);
  await replace(heldout, chosen.queries, places.queries, data.queryInputs);
  return {
    ...data,
    labels: labelled(data.labels, places.train),
    queryLabels: labelled(data.queryLabels, places.queries),
    ids: renamed(data.ids, source.train, chosen.train, places.train),
    queryIds: renamed(data.queryIds, heldout, chosen.queries, places.queries),
    marks: {
      ...(data.marks?.groups && {
        groups: {
          train: ungrouped(data.marks.groups.train, places.train),
          queries: ungrouped(data.marks.groups.queries, places.queries),
        },
      }),
      mixed: {
        train: marksAt(places.train, data.labels.length),
        queries: marksAt(places.queries, data.queryLabels.length),
      },
    },
  };
};

async function otherSource(
  value: PlantValue<'mixed'>,
  { train, queries, dims }: { readonly train: number; readonly queries: number; readonly dims: number },
  ground: Ground,
): Promise<PointSource> {
  const dataset = datasets[value.use];
  const counts = { train: Math.max(2, train), queries };
  // Points that are drawn are drawn with as many numbers as those that they are mixed with.
  const drawn = 'dims' in dataset.params ? { dims } : {};
  const checked = checkParams<ParamSpecs>(dataset.params, { ...counts, ...drawn });
  if (!checked.ok)
    throw plantError(
      'DATA_MIXED',
      ground,
      'mixed',
      checked.problems[0].message,
      `see bench list datasets ${value.use}`,
    );
  return dataset.load(checked.params, ground.environment, ground.seed, 'classifier');
}
