import { BenchError, type CancelSignal, defineMethod, int, num } from '@attribution-bench/contract';
import { addSolvedProducts, cholesky, collectRows, type SpdFactor, transpose } from '@attribution-bench/numerics';

const maxParameters = 10_000;
const hessianBlockBytes = 2 ** 25;

/**
 * Influence functions (Koh and Liang 2017, equation 2) with the exact Hessian H of the mean training loss:
 * ∇target(query)ᵀ (H + damping·I)⁻¹ (-∇loss(point)), averaged over checkpoints.
 */
export default defineMethod({
  id: 'influence',
  title: 'Influence functions',
  family: 'influence',
  origin: 'published',
  cite: 'Koh and Liang 2017, arXiv:1703.04730',
  revision: 2,
  scoreShape: 'pairwise',
  tasks: ['classifier'],
  needs: ['checkpoints', 'gradients', 'curvature'],
  params: {
    damping: num({
      default: 0.01,
      min: 0,
      search: { from: 1e-4, to: 1, scale: 'log' },
      help: 'added to every eigenvalue of the Hessian of the mean training loss; doubled until all are above 0',
    }),
    checkpoints: int({
      default: 1,
      min: 1,
      search: [1, 3, 5],
      help: 'independently trained models whose scores are averaged',
    }),
  },
  uses: ({ checkpoints }) => ({ checkpoints }),
  supports: ({ parameters }) =>
    parameters <= maxParameters ||
    `its exact Hessian takes at most ${maxParameters} parameters, the model has ${parameters}`,

  /** `hessian<c>`: lower triangle, row by row, [p (p + 1) / 2]. */
  async fit(ctx) {
    const p = ctx.task.parameters;
    const rowsAtOnce = Math.max(1, Math.floor(hessianBlockBytes / (4 * p)));
    const state: Record<string, Float32Array> = {};
    for (const [index, checkpoint] of ctx.checkpoints.entries()) {
      const hessian = new Float64Array(p * p);
      for (let start = 0; start < p; start += rowsAtOnce) {
        ctx.signal.throwIfAborted();
        const rows = Math.min(rowsAtOnce, p - start);
        const vectors = new Float32Array(rows * p);
        for (let row = 0; row < rows; row++) vectors[row * p + start + row] = 1;
        hessian.set(await ctx.hessianProducts({ checkpoint, vectors }), start * p);
        ctx.progress((index + (start + rows) / p) / ctx.checkpoints.length);
      }
      state[`hessian${index}`] = lowerTriangle(hessian, p);
    }
    return state;
  },

  async score(ctx, { damping }, state) {
    const { train, queries, parameters: p } = ctx.task;
    const scores = new Float32Array(queries * train);
    for (const [index, checkpoint] of ctx.checkpoints.entries()) {
      const hessian = fullMatrix(state[`hessian${index}`], p);
      const factor = await factorDamped(hessian, p, damping, ctx);
      const targets = await collectRows(ctx.gradients({ of: 'queries', checkpoint, output: 'target' }), queries);
      await addSolvedProducts({
        solved: await factor.solveRows(Float64Array.from(targets.data)),
        right: ctx.gradients({ of: 'train', checkpoint, output: 'loss' }),
        rightRows: train,
        into: scores,
        scale: -1 / ctx.checkpoints.length, // a training step goes against the gradient of its loss
        onBlock(share) {
          ctx.signal.throwIfAborted();
          ctx.progress((index + share) / ctx.checkpoints.length);
        },
      });
    }
    return scores;
  },

  /** Influence of each point on its own loss: |L⁻¹ ∇loss|² with H + damping·I = L·Lᵀ. */
  async selfInfluence(ctx, { damping }, state) {
    const { train, parameters: p } = ctx.task;
    const scores = new Float32Array(train);
    for (const [index, checkpoint] of ctx.checkpoints.entries()) {
      const factor = await factorDamped(fullMatrix(state[`hessian${index}`], p), p, damping, ctx);
      for await (const { start, rows, data } of ctx.gradients({ of: 'train', checkpoint, output: 'loss' })) {
        ctx.signal.throwIfAborted();
        const solved = await factor.solveLower(transpose(Float64Array.from(data.subarray(0, rows * p)), rows, p), rows);
        for (let i = 0; i < solved.length; i++) scores[start + (i % rows)] += solved[i] ** 2 / ctx.checkpoints.length;
      }
    }
    return scores;
  },
});

/**
 * Factor of H + damping·I. Away from a minimum a network's Hessian has negative eigenvalues; the damping is then
 * doubled until the sum is positive definite, and that is logged.
 */
async function factorDamped(
  hessian: Float64Array,
  p: number,
  damping: number,
  ctx: { readonly signal: CancelSignal; log(message: string): void },
): Promise<SpdFactor> {
  for (let ridge = damping; ; ridge = Math.max(2 * ridge, 1e-6)) {
    ctx.signal.throwIfAborted();
    try {
      const factor = await cholesky(hessian, p, { ridge, name: 'influence: Hessian of the mean training loss' });
      if (ridge !== damping)
        ctx.log(`damping raised from ${damping} to ${ridge}: the Hessian is not positive definite`);
      return factor;
    } catch (error) {
      if (!(error instanceof BenchError && error.code === 'NUMERICS_NOT_POSITIVE_DEFINITE')) throw error;
    }
  }
}

/** The lower triangle of (A + Aᵀ) / 2, row by row. */
function lowerTriangle(a: Float64Array, n: number): Float32Array {
  const packed = new Float32Array((n * (n + 1)) / 2);
  for (let row = 0, at = 0; row < n; row++)
    for (let col = 0; col <= row; col++, at++) packed[at] = (a[row * n + col] + a[col * n + row]) / 2;
  return packed;
}

/** [n × n], lower triangle filled. */
function fullMatrix(packed: ArrayLike<number>, n: number): Float64Array {
  const a = new Float64Array(n * n);
  for (let row = 0, at = 0; row < n; row++) for (let col = 0; col <= row; col++, at++) a[row * n + col] = packed[at];
  return a;
}
