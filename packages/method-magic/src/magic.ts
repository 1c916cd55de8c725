import { BenchError, choice, defineMethod, int, type MethodContext, num } from '@attribution-bench/contract';
import { spearman } from '@attribution-bench/numerics';

/**
 * MAGIC (Ilyas and Engstrom 2025): the derivative of the query's target after training by the weight w_i that each training
 * point has in the losses of its batches, at w = 1, through all steps of the optimiser. What a step adds to it is
 * (∂f/∂s_t)ᵀ ∂u_t/∂w_i, with s_t = u_t(s_{t-1}, w) the state after the step; the adjoints ∂f/∂s_t come from running training
 * backwards (REPLAY, Engstrom et al. 2025, section 2), which the harness does.
 */
export default defineMethod({
  id: 'magic',
  title: 'MAGIC',
  family: 'influence',
  origin: 'published',
  cite: 'Ilyas and Engstrom 2025, arXiv:2504.16430',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['unrolling'],
  params: {
    mean: choice(['whole', 'kept'], {
      default: 'whole',
      search: ['whole', 'kept'],
      help: 'of the losses of a batch that points are taken out of: over the whole batch, as published, or over those kept',
    }),
    probes: int({
      default: 3,
      min: 0,
      max: 64,
      help: 'random directions in which two retrainings each measure how smooth training is; 0: not measured',
    }),
    probeSize: num({ default: 0.02, min: 1e-6, max: 1, help: 'by how much a probe changes the weight of every point' }),
    smoothness: num({
      default: 0.5,
      min: -1,
      max: 1,
      help: 'least correlation of derivatives with retrained differences at which scores are given; -1: any',
    }),
  },
  stages: { queries: [] },
  /** By query and training point: `own`, the derivatives, and `shared`, their means over the batches of the point, summed. */
  async queries(ctx) {
    const { train, queries, epochs, batch } = ctx.task;
    const steps = epochs * Math.ceil(train / batch);
    const own = new Float64Array(queries * train);
    const shared = new Float64Array(queries * train);
    for await (const { step, batch, firstQuery, byWeight } of ctx.unroll()) {
      ctx.signal.throwIfAborted();
      const start = firstQuery * train;
      addStep({ own: own.subarray(start), shared: shared.subarray(start), train }, batch, byWeight);
      ctx.progress((steps - step) / steps);
    }
    return { own, shared };
  },
  async score(ctx, { mean, probes, probeSize, smoothness }, _state, queries) {
    const { own, shared } = queries as Record<'own' | 'shared', Float64Array>;
    if (probes > 0) await checkSmoothness(ctx, own, { probes, probeSize, least: smoothness });
    return Float32Array.from(own, (value, i) => (mean === 'kept' ? value - shared[i] : value));
  },
});

/**
 * Adds the derivatives of one step, [queries × batch], to those of its points, and to `shared` their mean over the batch. Where
 * a mean is over the points that are kept, a weight w_i also enters its denominator: Σ w l / Σ w has the derivative
 * (l_i - mean l) / |B|.
 */
function addStep(
  { own, shared, train }: { readonly own: Float64Array; readonly shared: Float64Array; readonly train: number },
  batch: Int32Array,
  byWeight: Float32Array,
): void {
  const points = batch.filter((point) => point >= 0);
  for (let query = 0; query * batch.length < byWeight.length; query++) {
    const row = byWeight.subarray(query * batch.length, query * batch.length + points.length);
    const mean = row.reduce((sum, value) => sum + value, 0) / points.length;
    for (const [place, point] of points.entries()) {
      own[query * train + point] += row[place];
      shared[query * train + point] += mean;
    }
  }
}

/**
 * How well the derivatives foretell what training again does: Spearman's correlation over all queries and probes of scores · d
 * with f(1 + h d) - f(1 - h d), for random directions d of ±1. It is 1 where training is smooth on the scale h; where
 * it is chaotic, derivatives grow without saying anything, and it is near 0. Ranks, since of jumps a few outweigh all.
 * @throws BenchError METHOD_ROUGH below `least`
 */
async function checkSmoothness(
  ctx: MethodContext<'unrolling'>,
  scores: Float64Array,
  { probes, probeSize, least }: { readonly probes: number; readonly probeSize: number; readonly least: number },
): Promise<void> {
  const { train, queries } = ctx.task;
  const rng = ctx.rng('probes');
  const directions = Int8Array.from({ length: probes * train }, () => 2 * rng.below(2) - 1);
  const weights = (sign: number) => Float32Array.from(directions, (direction) => 1 + sign * probeSize * direction);
  const raised = await ctx.reweighted(weights(1));
  const lowered = await ctx.reweighted(weights(-1));
  const predicted = Float64Array.from(raised, (_, pair) => {
    const [probe, query] = [Math.floor(pair / queries), pair % queries];
    const direction = directions.subarray(probe * train, (probe + 1) * train);
    return direction.reduce((sum, along, point) => sum + along * scores[query * train + point], 0);
  });
  const agreement = spearman(
    predicted,
    raised.map((target, pair) => target - lowered[pair]),
  );
  const measured = (agreement ?? 0).toFixed(3);
  ctx.note(
    `smoothness ${measured}, the rank correlation of derivatives with retraining at weights of 1 ± ${probeSize}`,
  );
  if ((agreement ?? 0) >= least) return;
  throw new BenchError({
    code: 'METHOD_ROUGH',
    message: `training is too rough for its derivative to say anything: it correlates ${measured} with what retraining does, where ${least} is asked for`,
    next: 'train with a lower learning rate, a warm-up or a smooth activation, or set smoothness: -1 for the scores as they are',
  });
}
