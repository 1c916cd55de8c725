import type { FisherFactors, LayerMatrix } from '@attribution-bench/contract';
import { createEigenvalueSums } from './eigenvalue-sums.js';
import { type KroneckerBasis, kroneckerBasis } from './kronecker-basis.js';
import { createKroneckerSums, type PositionSharing } from './kronecker-sums.js';

/**
 * Eigenbases of the Kronecker factors of every layer of a model.
 * @param blocks factors of the gradients of all samples
 * @param onShare called with the share of the work after the blocks that is done, 0 to 1; may throw to stop
 */
export async function fitKroneckerBases(
  blocks: AsyncIterable<FisherFactors>,
  matrices: readonly LayerMatrix[],
  sharing: PositionSharing,
  onShare: (share: number) => void,
): Promise<KroneckerBasis[]> {
  const sums = createKroneckerSums(matrices, sharing);
  for await (const block of blocks) await sums.add(block);
  onShare(0);
  const bases: KroneckerBasis[] = [];
  for await (const factors of sums.factors()) {
    bases.push(await kroneckerBasis(factors));
    onShare(bases.length / matrices.length);
  }
  return bases;
}

/** Variances of gradients along the eigenvectors, [p]: the eigenvalues of EK-FAC. */
export async function fitKroneckerVariances(
  blocks: AsyncIterable<FisherFactors>,
  bases: readonly KroneckerBasis[],
): Promise<Float64Array> {
  const sums = createEigenvalueSums(bases);
  for await (const block of blocks) await sums.add(block);
  return sums.values();
}
