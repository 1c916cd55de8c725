import { deriveSeed, type ParamSpecs, type Params, sizeOf } from '@attribution-bench/contract';
import type { TaskSpec } from '../spec.js';
import { choosePoints } from './choose-points.js';
import type { Partition, PointSource } from './dataset.js';
import { datasets } from './datasets.js';
import { flipLabels } from './label-noise.js';
import type { DataEnvironment, TaskData } from './task-data.js';

/**
 * Reads or downloads a task's dataset, chooses its points and adds its label noise. Depends on {@link dataKey} only.
 * A generator's inputs are mapped from pixels in [0, 1] to [-1, 1]; its generated queries are not there yet, see
 * `withGenerated`.
 * @throws BenchError when files are missing, damaged or too small for what is asked
 */
export async function prepareData(spec: TaskSpec, environment: DataEnvironment): Promise<TaskData> {
  const { use, ...params } = spec.data;
  const dataset = datasets[use];
  const loaded = { ...params, queries: spec.queries.heldout } as unknown as Params<ParamSpecs>;
  const source = await dataset.load(loaded, environment, spec.seed);
  const kept = keptLabels(source, params.classes);
  const counts = { train: params.train as number, queries: spec.queries.heldout };
  const { train, queries } = choosePoints(source, kept, counts, spec.seed, use);
  const heldout = source.heldout ?? source.train;
  const signed = spec.kind === 'generator' && source.pixels;
  const noise = deriveSeed(spec.seed, use, 'label-noise');
  const { labels, flipped } = flipLabels(
    labelsOf(source.train, train, kept),
    kept.length,
    params.flipLabels as number,
    noise,
  );
  const dims = sizeOf(source.inputShape);
  return {
    inputs: rowsOf(source.train, train, dims, signed),
    labels,
    flipped,
    queryInputs: rowsOf(heldout, queries, dims, signed),
    queryLabels: labelsOf(heldout, queries, kept),
    inputShape: source.inputShape,
    classes: kept.length,
    ids: idsOf(source.train, train),
    queryIds: idsOf(heldout, queries),
  };
}

/** Labels to keep, in label order: a dataset's `classes` names them (as text or number), or counts them, or is empty. */
function keptLabels(source: PointSource, classes: unknown): number[] {
  const names = Array.isArray(classes) ? classes.map(String) : [];
  return source.classNames.flatMap((name, label) => (names.length === 0 || names.includes(name) ? [label] : []));
}

/** Labels counted within the kept classes. */
function labelsOf(partition: Partition, rows: Int32Array, kept: readonly number[]): Int32Array {
  return rows.map((row) => kept.indexOf(partition.labels[row]));
}

function rowsOf({ values, scale }: Partition, rows: Int32Array, dims: number, signed: boolean): Float32Array {
  const inputs = new Float32Array(rows.length * dims);
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < dims; j++) {
      const value = values[row * dims + j] * scale;
      inputs[i * dims + j] = signed ? 2 * value - 1 : value;
    }
  }
  return inputs;
}

function idsOf({ name }: Partition, rows: Int32Array): string[] {
  return Array.from(rows, (row) => `${name}/${row}`);
}
