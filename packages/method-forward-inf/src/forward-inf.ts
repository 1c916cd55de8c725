import { defineMethod, type MethodContext, num, overTimesteps, timestepsParams } from '@attribution-bench/contract';

/**
 * Forward-INF (Ko et al. 2024, mirrored influence): the roles of query and training point change places. The model is nudged
 * one gradient step towards the query, and a training point scores by how much that lowers its loss, which takes forward
 * passes only: L_i(θ) - L_i(θ + η ∇target(query)).
 */
export default defineMethod({
  id: 'forward-inf',
  title: 'Forward-INF',
  family: 'gradient',
  origin: 'adapted',
  cite: 'Ko et al. 2024, arXiv:2402.08922',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['checkpoints', 'gradients'],
  params: {
    step: num({
      default: 0.01,
      min: 1e-5,
      search: { from: 1e-3, to: 1e-1, scale: 'log' },
      help: 'length of the nudge, as a share of the length of all parameters',
    }),
    ...timestepsParams,
  },
  adapted: () => 'one step that raises the target of the query, of one length for all queries',
  stages: { fit: ['timesteps'] },
  async fit(ctx, { timesteps }) {
    ctx.signal.throwIfAborted();
    return { losses: await trainLosses(ctx, timesteps) };
  },
  async score(ctx, { step, timesteps }, { losses }) {
    const { train, queries, parameters: p } = ctx.task;
    const [checkpoint] = ctx.checkpoints;
    const length = step * norm(await ctx.parameters(checkpoint));
    const scores = new Float32Array(queries * train);
    const rows = ctx.gradients({ of: 'queries', checkpoint, output: 'target', ...overTimesteps(ctx.task, timesteps) });
    for await (const block of rows) {
      for (let first = 0; first < block.rows; first += nudgesAtOnce) {
        ctx.signal.throwIfAborted();
        const shifts = block.data.slice(first * p, Math.min(block.rows, first + nudgesAtOnce) * p);
        scaleRows(shifts, p, length);
        const nudged = await trainLosses(ctx, timesteps, shifts);
        const start = (block.start + first) * train;
        for (let i = 0; i < nudged.length; i++) scores[start + i] = losses[i % train] - nudged[i];
        ctx.progress((start + nudged.length) / scores.length);
      }
    }
    return scores;
  },
});

/** Nudged models whose parameters are in memory together. */
const nudgesAtOnce = 8;

/** Loss of every training point, [train], or [models × train] of shifted models. */
function trainLosses(
  ctx: MethodContext<'checkpoints'>,
  timesteps: number,
  shifts?: Float32Array,
): Promise<Float32Array> {
  return ctx.outputs({
    of: 'train',
    checkpoint: ctx.checkpoints[0],
    output: 'loss',
    ...overTimesteps(ctx.task, timesteps),
    ...(shifts && { shifts }),
  });
}

/** Gives every row a length; a gradient of zeros stays. */
function scaleRows(rows: Float32Array, cols: number, length: number): void {
  for (let start = 0; start < rows.length; start += cols) {
    const row = rows.subarray(start, start + cols);
    const own = norm(row);
    if (own > 0) for (let i = 0; i < cols; i++) row[i] *= length / own;
  }
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
