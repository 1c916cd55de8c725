import { BenchError, type NdArray, type NumericArray } from '@attribution-bench/contract';
import type { FitJob } from '../model/job.js';
import { openMethod } from './method-context.js';
import { type StepReport, stopwatch, type Workshop, writeOutput } from './workshop.js';

/** The training side of a method: its state is kept for `score`. */
export async function fitMethod(job: FitJob, workshop: Workshop): Promise<StepReport> {
  const { method, ctx } = await openMethod(job.method, job.task, workshop);
  workshop.begun();
  const elapsed = stopwatch();
  const state = await method.fit(ctx, job.method.params);
  const spent = elapsed();
  const arrays: Record<string, NdArray> = {};
  for (const [name, data] of Object.entries(state)) {
    if (!isNumericArray(data))
      throw new BenchError({
        code: 'METHOD_STATE',
        message: `fit returned ${JSON.stringify(name)} that is no Float32Array, Float64Array, Int32Array or Uint8Array`,
        next: 'return plain arrays by name',
      });
    arrays[name] = { shape: [data.length], data };
  }
  await writeOutput(workshop.store, job.output, arrays);
  return spent;
}

function isNumericArray(value: unknown): value is NumericArray {
  return [Float32Array, Float64Array, Int32Array, Uint8Array].some((type) => value instanceof type);
}
