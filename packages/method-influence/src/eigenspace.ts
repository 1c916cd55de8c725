import type { RowBlock } from '@attribution-bench/contract';
import { addRowProducts, type RowProducts } from '@attribution-bench/numerics';
import { queryGradients, trainGradients } from './gradients.js';
import { divided } from './relatif.js';
import type { Eigenspace, System } from './solvers/solver.js';

/** Memory for the gradients of queries: every further slab of them costs one more pass over the training points. */
const slabBytes = 2 ** 29;

/**
 * Adds the scores of one checkpoint to `into`, [queries × train], with both gradients written in the eigenvectors of C, where
 * (C + λI)⁻¹ divides every number of a query's by its own eigenvalue. No large numbers cancel there, so that float32 suffices
 * for the products.
 * @param divisors of the scores of each training point, [train]; default 1
 */
export function addEigenspaceProducts(
  system: System,
  { bases, scales }: Eigenspace,
  { divisors, ...request }: Pick<RowProducts, 'into' | 'scale' | 'onBlock'> & { readonly divisors?: Float64Array },
): Promise<void> {
  const { train, queries } = system.ctx.task;
  const points = () => trainGradients(system, bases);
  return addRowProducts({
    left: scaled(queryGradients(system, bases), scales),
    leftRows: queries,
    right: divisors === undefined ? points : () => divided(points(), divisors),
    rightRows: train,
    slabBytes,
    ...request,
  });
}

/** Every row times `scales`, number by number, in place. */
async function* scaled(blocks: AsyncIterable<RowBlock>, scales: Float64Array): AsyncGenerator<RowBlock> {
  for await (const block of blocks) {
    const { rows, cols, data } = block;
    for (let row = 0, at = 0; row < rows; row++) for (let i = 0; i < cols; i++, at++) data[at] *= scales[i];
    yield block;
  }
}
