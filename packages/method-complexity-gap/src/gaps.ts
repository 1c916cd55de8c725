import { cholesky, type SpdFactor } from '@attribution-bench/numerics';

/** Complexity gaps and the terms of the reference code that they are made of, gap = a2 + 2 ab + b2, [points] each. */
export interface Gaps {
  readonly gap: Float64Array;
  readonly a2: Float64Array;
  readonly ab: Float64Array;
  readonly b2: Float64Array;
}

/** A kernel matrix ready to give the gaps of any labelling. */
export interface FactoredKernel {
  readonly factor: SpdFactor;
  /** (H⁻¹)_ii, [points] */
  readonly inverseDiagonal: Float64Array;
}

/**
 * @param kernel H, [points × points]
 * @param ridge added to its diagonal: identical points make H singular
 */
export async function factorKernel(kernel: Float64Array, points: number, ridge: number): Promise<FactoredKernel> {
  const factor = await cholesky(kernel, points, { ridge, name: 'complexity-gap: kernel matrix' });
  return { factor, inverseDiagonal: await factor.inverseDiagonal() };
}

/**
 * What each point adds to the complexity measure yᵀ H⁻¹ y (equation 5 of Ki et al. 2023), that is
 * yᵀ H⁻¹ y - y₋ᵢᵀ H₋ᵢ⁻¹ y₋ᵢ, in closed form: v_i² / (H⁻¹)_ii with v = H⁻¹ y.
 * @param labels +1 or -1, [points]
 */
export async function complexityGaps({ factor, inverseDiagonal }: FactoredKernel, labels: Float64Array): Promise<Gaps> {
  const v = await factor.solve(labels, 1);
  const rest = v.map((value, i) => value - inverseDiagonal[i] * labels[i]);
  return {
    gap: v.map((value, i) => value ** 2 / inverseDiagonal[i]),
    a2: rest.map((value, i) => value ** 2 / inverseDiagonal[i]),
    ab: rest.map((value, i) => value * labels[i]),
    b2: inverseDiagonal.slice(),
  };
}
