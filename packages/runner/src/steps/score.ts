import { BenchError, type MethodState, sha256 } from '@attribution-bench/contract';
import type { ScoreJob } from '../model/job.js';
import { openMethod } from './method-context.js';
import { type StepReport, stopwatch, type Workshop, writeOutput } from './workshop.js';

/** A method's scores, checked: right length, every one finite. */
export async function scoreMethod(job: ScoreJob, workshop: Workshop): Promise<StepReport> {
  const scoresShare = job.selfInfluence ? 0.5 : 1;
  const progress = (done: number) => workshop.progress(done * scoresShare);
  const { method, ctx } = await openMethod(job.method, job.task, { ...workshop, progress });
  const { arrays: fitted } = await workshop.store.read(job.fit);
  const state: MethodState = Object.fromEntries(Object.entries(fitted).map(([name, { data }]) => [name, data]));
  const { train, queries } = ctx.task;
  workshop.begun();
  const elapsed = stopwatch();
  const scores = await method.score(ctx, job.method.params, state);
  const spent = elapsed();
  const shape = method.scoreShape === 'pairwise' ? [queries, train] : [train];
  checkNumbers('score', scores, shape);
  const selfInfluence = job.selfInfluence ? await method.selfInfluence?.(ctx, job.method.params, state) : undefined;
  if (selfInfluence !== undefined) checkNumbers('selfInfluence', selfInfluence, [train]);
  await writeOutput(
    workshop.store,
    job.output,
    {
      scores: { shape, data: scores },
      ...(selfInfluence === undefined ? {} : { selfInfluence: { shape: [train], data: selfInfluence } }),
    },
    { digest: sha256(new Uint8Array(scores.buffer, scores.byteOffset, scores.byteLength)) },
  );
  return spent;
}

/** @throws BenchError METHOD_SCORES when it is not a Float32Array of the shape with finite numbers only */
function checkNumbers(what: string, values: unknown, shape: readonly number[]): void {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const pairwise = shape.length === 2;
  if (!(values instanceof Float32Array) || values.length !== size)
    throw new BenchError({
      code: 'METHOD_SCORES',
      message: `${what} returned ${values instanceof Float32Array ? `${values.length} numbers` : 'no Float32Array'}`,
      next: `return a Float32Array of ${size} numbers [${pairwise ? 'queries × train' : 'train'} = ${shape.join(' × ')}]`,
    });
  const first = values.findIndex((value) => !Number.isFinite(value));
  if (first === -1) return;
  const bad = values.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);
  const columns = shape[shape.length - 1];
  const place = `${pairwise ? `query ${Math.floor(first / columns)}, ` : ''}training point ${first % columns}`;
  throw new BenchError({
    code: 'METHOD_SCORES',
    message: `${what} returned ${bad} of ${size} numbers that are not finite, the first ${values[first]} at ${place}`,
    next: 'look for a division by 0 or a ridge that is too small',
  });
}
