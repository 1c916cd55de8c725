import { symmetricEigen } from '@attribution-bench/numerics';

/** Ridges that are tried, as multiples of the mean eigenvalue of the kernel. */
const multiples = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000];

export interface DualRidge {
  readonly ridge: number;
  /** (K + ridge·I)⁻¹ (y - mean y), [subsets × queries]. */
  readonly coefficients: Float64Array;
  /** Mean squared leave-one-out error by query, as a share of that without any features; absent where it was not needed. */
  readonly looShare?: number;
}

/**
 * Ridge regression with an unpenalised intercept in its dual form, with many targets.
 * @param kernel centred Gram matrix of the features, [subsets × subsets]
 * @param targets [subsets × queries]
 * @param ridge 0: that of a fixed list with the smallest leave-one-out error over all targets
 */
export async function dualRidge(
  kernel: Float64Array,
  targets: Float64Array,
  subsets: number,
  ridge: number,
): Promise<DualRidge> {
  const queries = targets.length / subsets;
  const { values, vectors } = await symmetricEigen(kernel, subsets);
  // Rounding leaves eigenvalues a little below 0; the constant vector has the eigenvalue 0.
  const eigenvalues = values.map((value) => Math.max(0, value));
  const centred = centredColumns(targets, subsets, queries);
  const basis: Basis = { eigenvalues, vectors, rotated: rotate(vectors, centred, subsets, queries), subsets, queries };
  if (ridge > 0) return { ridge, coefficients: coefficientsOf(basis, ridge) };
  const scale = eigenvalues.reduce((sum, value) => sum + value, 0) / Math.max(1, subsets - 1);
  const without = looErrors(basis, centred, Number.POSITIVE_INFINITY);
  let best: { readonly ridge: number; readonly share: number } | undefined;
  for (const multiple of multiples) {
    const candidate = multiple * (scale > 0 ? scale : 1);
    const share = meanShare(looErrors(basis, centred, candidate), without);
    if (best === undefined || share < best.share) best = { ridge: candidate, share };
  }
  const chosen = best ?? { ridge: 1, share: 1 };
  return { ridge: chosen.ridge, coefficients: coefficientsOf(basis, chosen.ridge), looShare: chosen.share };
}

interface Basis {
  /** [subsets] */
  readonly eigenvalues: Float64Array;
  /** A row an eigenvector, [subsets × subsets]. */
  readonly vectors: Float64Array;
  /** Centred targets in that basis, [subsets × queries]. */
  readonly rotated: Float64Array;
  readonly subsets: number;
  readonly queries: number;
}

function coefficientsOf({ eigenvalues, vectors, rotated, subsets, queries }: Basis, ridge: number): Float64Array {
  const coefficients = new Float64Array(subsets * queries);
  for (let k = 0; k < subsets; k++) {
    const scale = 1 / (eigenvalues[k] + ridge);
    for (let i = 0; i < subsets; i++) {
      const factor = vectors[k * subsets + i] * scale;
      for (let q = 0; q < queries; q++) coefficients[i * queries + q] += factor * rotated[k * queries + q];
    }
  }
  return coefficients;
}

/**
 * Sum over subsets of the squared error at a subset of the fit to all others, by query. Exact: with hat matrix H the error is
 * the residual divided by 1 - H_ii (Allen 1974), where H holds the intercept too.
 */
function looErrors(basis: Basis, centred: Float64Array, ridge: number): Float64Array {
  const { eigenvalues, vectors, rotated, subsets, queries } = basis;
  const errors = new Float64Array(queries);
  const fitted = new Float64Array(queries);
  for (let i = 0; i < subsets; i++) {
    fitted.fill(0);
    let leverage = 1 / subsets;
    for (let k = 0; k < subsets; k++) {
      const shrunk = ridge === Number.POSITIVE_INFINITY ? 0 : eigenvalues[k] / (eigenvalues[k] + ridge);
      const entry = vectors[k * subsets + i];
      leverage += entry * entry * shrunk;
      for (let q = 0; q < queries; q++) fitted[q] += entry * shrunk * rotated[k * queries + q];
    }
    for (let q = 0; q < queries; q++) errors[q] += ((centred[i * queries + q] - fitted[q]) / (1 - leverage)) ** 2;
  }
  return errors;
}

/** Mean over queries, those aside whose targets do not vary. */
function meanShare(errors: Float64Array, without: Float64Array): number {
  const shares = Array.from(errors, (error, q) => (without[q] > 0 ? error / without[q] : undefined));
  const known = shares.filter((share) => share !== undefined);
  return known.length === 0 ? 1 : known.reduce((sum, share) => sum + share, 0) / known.length;
}

function centredColumns(targets: Float64Array, subsets: number, queries: number): Float64Array {
  const means = new Float64Array(queries);
  for (const [at, value] of targets.entries()) means[at % queries] += value / subsets;
  return targets.map((value, at) => value - means[at % queries]);
}

function rotate(vectors: Float64Array, centred: Float64Array, subsets: number, queries: number): Float64Array {
  const rotated = new Float64Array(subsets * queries);
  for (let k = 0; k < subsets; k++)
    for (let i = 0; i < subsets; i++)
      for (let q = 0; q < queries; q++) rotated[k * queries + q] += vectors[k * subsets + i] * centred[i * queries + q];
  return rotated;
}
