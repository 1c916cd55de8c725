import { BenchError, type Truth } from '@attribution-bench/contract';
import type { ArtifactRef, Store } from '@attribution-bench/store';
import type { TruthJob } from '../model/job.js';
import type { SubsetRule } from '../model/subset-rule.js';
import { drawSubsets } from './draw-subsets.js';
import { type StepReport, stopwatch, type Workshop, writeOutput } from './workshop.js';

/** Puts all retrainings of a task together. */
export async function assembleTruth(job: TruthJob, { store, progress }: Workshop): Promise<StepReport> {
  const elapsed = stopwatch();
  const subsets = job.rows.length / job.retrainSeeds;
  const rows: { outputs: Float32Array; loss: number; weights: string }[] = [];
  for (const [index, ref] of job.rows.entries()) {
    const { arrays, metadata } = await store.read(ref);
    rows.push({
      outputs: arrays.outputs.data as Float32Array,
      loss: arrays.loss.data[0],
      weights: metadata.weights,
    });
    progress((index + 1) / job.rows.length);
  }
  const queries = rows[0].outputs.length;
  const outputs = new Float32Array(rows.length * queries);
  for (const [row, { outputs: values }] of rows.entries()) {
    if (!values.every(Number.isFinite)) throw notFinite(job, row);
    outputs.set(values, row * queries);
  }
  const membersOf = await drawSubsets(store, job.task, job.rule);
  const members = Array.from({ length: subsets }, (_, subset) => membersOf(subset));
  const flat = new Int32Array(subsets * members[0].length);
  for (const [subset, indices] of members.entries()) flat.set(indices, subset * indices.length);
  await writeOutput(store, job.output, {
    members: { shape: [subsets, members[0].length], data: flat },
    outputs: { shape: [subsets, job.retrainSeeds, queries], data: outputs },
    losses: { shape: [subsets, job.retrainSeeds], data: Float32Array.from(rows, ({ loss }) => loss) },
    weights: {
      shape: [subsets, job.retrainSeeds, 32],
      data: new Uint8Array(Buffer.concat(rows.map(({ weights }) => Buffer.from(weights, 'hex')))),
    },
  });
  return elapsed();
}

/** A task's truth as metrics and boards see it. */
export async function readTruth(
  store: Store,
  ref: ArtifactRef,
  about: SubsetRule & { readonly key: string; readonly train: number },
): Promise<Truth> {
  const { arrays } = await store.readArrays(ref, ['members', 'outputs']);
  const [subsets, retrainSeeds, queries] = arrays.outputs.shape;
  const [, size] = arrays.members.shape;
  const flat = arrays.members.data as Int32Array;
  return {
    ...about,
    subsets,
    retrainSeeds,
    queries,
    members: Array.from({ length: subsets }, (_, j) => flat.slice(j * size, (j + 1) * size)),
    outputs: arrays.outputs.data as Float32Array,
  };
}

function notFinite(job: TruthJob, row: number): BenchError {
  const subset = Math.floor(row / job.retrainSeeds);
  return new BenchError({
    code: 'TRUTH_NOT_FINITE',
    place: job.task.spec.id,
    message: `the model retrained on subset ${subset}, seed ${row % job.retrainSeeds} has targets that are not finite`,
    next: 'lower model.lr or choose another target',
  });
}
