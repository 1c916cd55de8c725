import { deriveSeed, type NdArray } from '@attribution-bench/contract';
import type { BoardDiagnostic } from '@attribution-bench/leaderboard';
import { type GeneratedSamples, generatorDiagnostics } from '@attribution-bench/metrics/generative';
import type { ArtifactRef, Store } from '@attribution-bench/store';
import type { DiagnoseJob } from '../model/job.js';
import { readDataset } from './dataset.js';
import { type StepReport, stopwatch, type Workshop, writeOutput } from './workshop.js';

/** What the generated queries are like beside the training points and the held-out queries, in the space of the inputs. */
export async function diagnoseGenerated(job: DiagnoseJob, { store, cancel }: Workshop): Promise<StepReport> {
  const { spec, source, output } = job;
  const data = await readDataset(store, source);
  const elapsed = stopwatch();
  const dims = data.inputs.length / data.labels.length;
  const points = (values: Float32Array): NdArray<Float32Array> => ({
    shape: [values.length / dims, dims],
    data: values,
  });
  const heldout = spec.queries.heldout * dims;
  const { diagnostics, samples } = await generatorDiagnostics(
    {
      train: points(data.inputs),
      test: points(data.queryInputs.slice(0, heldout)),
      generated: points(data.queryInputs.slice(heldout)),
    },
    deriveSeed(spec.seed, 'generator-diagnostics', 'metric'),
    () => cancel.throwIfAborted(),
  );
  const arrays = Object.entries(samples ?? {}).map(([name, data]) => [name, { shape: [data.length], data }]);
  await writeOutput(store, output, Object.fromEntries(arrays), {
    diagnostics: JSON.stringify(diagnostics),
  });
  return elapsed();
}

/** What is stored of each generated query, in their order; undefined where there were too many. */
export async function readGeneratedSamples(store: Store, ref: ArtifactRef): Promise<GeneratedSamples | undefined> {
  const { arrays } = await store.read(ref);
  if (arrays.memorisation === undefined) return undefined;
  return {
    memorisation: arrays.memorisation.data as Float64Array,
    nearestTraining: arrays.nearestTraining.data as Int32Array,
    trainingDistances: arrays.trainingDistances.data as Float64Array,
    heldoutDistances: arrays.heldoutDistances.data as Float64Array,
  };
}

export async function readDiagnostics(store: Store, ref: ArtifactRef): Promise<readonly BoardDiagnostic[]> {
  return JSON.parse((await store.readMetadata(ref)).diagnostics);
}
