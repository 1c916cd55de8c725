import { choice, defineMethod } from '@attribution-bench/contract';
import { matmul, squaredNorms } from '@attribution-bench/numerics';

const queriesAtOnce = 64;

/** Similarity of the inputs themselves, as the model is fed them: what no model at all knows. */
export default defineMethod({
  id: 'pixel-similarity',
  title: 'Pixel similarity',
  family: 'similarity',
  origin: 'baseline',
  cite: 'baseline of Zheng et al. 2024, arXiv:2311.00500',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'generator'],
  needs: ['features'],
  params: {
    measure: choice(['cosine', 'dot', 'euclidean'], {
      default: 'cosine',
      search: ['cosine', 'dot', 'euclidean'],
      help: 'cosine, inner product, or Euclidean distance negated',
    }),
  },
  async score(ctx, { measure }) {
    const points = await ctx.features({ of: 'train', space: 'inputs' });
    const queries = await ctx.features({ of: 'queries', space: 'inputs' });
    const [train, dims] = points.shape;
    const pointNorms = squaredNorms({ start: 0, rows: train, cols: dims, data: points.data });
    const queryNorms = squaredNorms({ start: 0, rows: queries.shape[0], cols: dims, data: queries.data });
    const scores = new Float32Array(queries.shape[0] * train);
    for (let start = 0; start < queries.shape[0]; start += queriesAtOnce) {
      ctx.signal.throwIfAborted();
      const rows = Math.min(queriesAtOnce, queries.shape[0] - start);
      const block = scores.subarray(start * train, (start + rows) * train);
      const queryRows = queries.data.subarray(start * dims, (start + rows) * dims);
      await matmul(queryRows, points.data, { m: rows, k: dims, n: train, transposeB: true }, block);
      if (measure !== 'dot') {
        const similarity = measure === 'cosine' ? cosine : negativeDistance;
        for (let row = 0; row < rows; row++) {
          for (let point = 0; point < train; point++) {
            const at = row * train + point;
            block[at] = similarity(block[at], queryNorms[start + row], pointNorms[point]);
          }
        }
      }
      ctx.progress((start + rows) / queries.shape[0]);
    }
    return scores;
  },
});

/** Cosine from an inner product and two squared norms; 0 where an input is all zeros. */
function cosine(dot: number, a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : dot / Math.sqrt(a * b);
}

function negativeDistance(dot: number, a: number, b: number): number {
  return -Math.sqrt(Math.max(0, a - 2 * dot + b));
}
