import type { Artifact } from '@attribution-bench/store';
import { generateQueries } from '@attribution-bench/tasks';
import type { GenerateJob } from '../model/job.js';
import { readDataset } from './dataset.js';
import { engineOf } from './open-tasks.js';
import { type StepReport, stopwatch, type Workshop, writeOutput } from './workshop.js';

/** Draws a generator's generated queries and keeps them beside its data. */
export async function makeGenerated(job: GenerateJob, { store, cancel, progress }: Workshop): Promise<StepReport> {
  const { spec, dataset, engine } = job;
  const data = await readDataset(store, { dataset });
  const elapsed = stopwatch();
  const whole = await generateQueries(spec, data, { engine: await engineOf(engine), cancel, progress });
  const count = whole.queryLabels.length - data.queryLabels.length;
  const { arrays, metadata } = generatedArtifact({
    images: whole.queryInputs.slice(data.queryInputs.length),
    labels: whole.queryLabels.slice(-count),
    ids: whole.queryIds.slice(-count),
    model: whole.generatingModel ?? new Float32Array(),
  });
  await writeOutput(store, job.output, arrays, metadata);
  return elapsed();
}

/** How generated queries are stored: images [count × dims], labels, where they come from, and the model that drew them. */
export function generatedArtifact({
  images,
  labels,
  ids,
  model,
}: {
  readonly images: Float32Array;
  readonly labels: Int32Array;
  readonly ids: readonly string[];
  readonly model: Float32Array;
}): Artifact {
  const count = labels.length;
  return {
    arrays: {
      inputs: { shape: [count, images.length / Math.max(1, count)], data: images },
      labels: { shape: [count], data: labels },
      model: { shape: [model.length], data: model },
    },
    metadata: { ids: JSON.stringify(ids) },
  };
}
