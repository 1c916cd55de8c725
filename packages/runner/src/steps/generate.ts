import { generateQueries } from '@attribution-bench/tasks';
import { readDataset } from './dataset.js';
import type { GenerateJob } from './job.js';
import { engineOf } from './open-tasks.js';
import { type StepReport, stopwatch, type Workshop, writeOutput } from './workshop.js';

/** Draws a generator's generated queries and keeps them beside its data. */
export async function makeGenerated(job: GenerateJob, { store, cancel, progress }: Workshop): Promise<StepReport> {
  const { spec, dataset, engine } = job;
  const data = await readDataset(store, { dataset });
  const elapsed = stopwatch();
  const whole = await generateQueries(spec, data, { engine: await engineOf(engine), cancel, progress });
  const images = whole.queryInputs.slice(data.queryInputs.length);
  const count = whole.queryLabels.length - data.queryLabels.length;
  await writeOutput(
    store,
    job.output,
    {
      inputs: { shape: [count, images.length / Math.max(1, count)], data: images },
      labels: { shape: [count], data: whole.queryLabels.slice(-count) },
      ...(whole.generatingModel === undefined
        ? {}
        : { model: { shape: [whole.generatingModel.length], data: whole.generatingModel } }),
    },
    { ids: JSON.stringify(whole.queryIds.slice(-count)) },
  );
  return elapsed();
}
