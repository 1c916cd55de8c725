import type { RowBlock } from '@attribution-bench/contract';
import type { SpdFactor } from '../solvers/cholesky.js';
import type { KernelShape } from './kernel-rows.js';

export interface KernelScores {
  /** [queries × columns], all rows. */
  readonly queries: RowBlock;
  /** Opens a stream of the rows of Φ. */
  readonly phi: () => AsyncIterable<RowBlock>;
  /** [queries × points], row-major; scale × query (ΦᵀΦ + λI)⁻¹ φ is added to it. */
  readonly into: Float32Array;
  readonly scale: number;
  /** Called as the scores come, with the share done; may throw to stop. */
  onBlock?(share: number): void;
}

/** ΦᵀΦ + λI, factored. */
export interface RidgeKernel {
  readonly lambda: number;
  addScores(request: KernelScores): Promise<void>;
  /** φᵀ(ΦᵀΦ + λI)⁻¹φ of every row of Φ, [points]. */
  leverages(phi: AsyncIterable<RowBlock>): Promise<Float64Array>;
  /** |(ΦᵀΦ + λI)⁻¹φ|² of every row of Φ, [points]. */
  solvedSquaredNorms(phi: AsyncIterable<RowBlock>): Promise<Float64Array>;
  /** Mean absolute entry of (ΦᵀΦ + λI)⁻¹, [columns × columns]; λ must not be 0 in form `points`. */
  meanAbsInverse(phi: AsyncIterable<RowBlock>): Promise<number>;
}

/** What a form of the kernel computes with. */
export interface FactoredKernel {
  readonly shape: KernelShape;
  readonly lambda: number;
  /** Cholesky factor of the kernel plus λI. */
  readonly factor: SpdFactor;
}
