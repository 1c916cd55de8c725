import type { RowBlock } from '@attribution-bench/contract';
import { float64Rows, rowSlabs } from '@attribution-bench/numerics';
import { trainGradients } from './gradients.js';
import { type Eigenspace, type Inverse, rowsAtOnce, type System, type Watch } from './solvers/solver.js';

/** Of each training point, with g its ∇loss and x = (C + λI)⁻¹ g. */
export interface OwnInfluence {
  /** g · x: its influence on its own loss, [train]. */
  readonly onItself: Float64Array;
  /** |x|: how far it moves the parameters, [train]. */
  readonly onParameters: Float64Array;
}

/** Solves for every training point, as many at once as memory is set aside for. */
export async function ownInfluence(system: System, inverse: Inverse | Eigenspace, watch: Watch): Promise<OwnInfluence> {
  const { train, parameters: p } = system.ctx.task;
  const onItself = new Float64Array(train);
  const onParameters = new Float64Array(train);
  // Products and lengths are the same in any orthonormal basis.
  const [gradients, solve] =
    typeof inverse === 'function'
      ? [trainGradients(system), inverse]
      : [trainGradients(system, inverse.bases), diagonal(inverse.scales)];
  for await (const slab of rowSlabs(gradients, train, 4 * p * rowsAtOnce(p))) {
    const part = (share: number) => watch((slab.start + share * slab.rows) / train);
    const solved = await solve(float64Rows(slab), part);
    for (let row = 0; row < slab.rows; row++) {
      let [product, square] = [0, 0];
      for (let i = row * p; i < (row + 1) * p; i++) {
        product += slab.data[i] * solved[i];
        square += solved[i] * solved[i];
      }
      onItself[slab.start + row] = product;
      onParameters[slab.start + row] = Math.sqrt(square);
    }
    part(1);
  }
  return { onItself, onParameters };
}

const diagonal =
  (scales: Float64Array): Inverse =>
  async (rows) =>
    rows.map((value, i) => value * scales[i % scales.length]);

/**
 * RelatIF (Barshan et al. 2020): what the scores of each training point are divided by, [train]. `theta` (equation 5): how
 * far it moves the parameters; `loss` (equation 8): the root of its influence on its own loss. 1 where that is not above 0,
 * as of a point whose gradient is 0.
 */
export function relatifDivisors({ onItself, onParameters }: OwnInfluence, by: 'theta' | 'loss'): Float64Array {
  const divisors = by === 'theta' ? onParameters : onItself.map((product) => Math.sqrt(Math.max(0, product)));
  return divisors.map((divisor) => (divisor > 0 ? divisor : 1));
}

/** Rows of training points, each divided by its divisor, in place. */
export async function* divided(blocks: AsyncIterable<RowBlock>, divisors: Float64Array): AsyncGenerator<RowBlock> {
  for await (const block of blocks) {
    const { start, rows, cols, data } = block;
    for (let row = 0; row < rows; row++)
      for (let i = row * cols; i < (row + 1) * cols; i++) data[i] /= divisors[start + row];
    yield block;
  }
}
