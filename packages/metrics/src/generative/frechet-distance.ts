import { matmul, symmetricEigen, symmetricEigenvalues } from '@attribution-bench/numerics';
import { type FeatureSets, type Points, pointsOf } from './feature-sets.js';

/**
 * Fréchet distance between the Gaussians fitted to two sets of features, FID with the features of an Inception network
 * (Heusel et al. 2017, arXiv:1706.08500): |m - m'|² + tr(C + C' - 2 (C C')^½), with covariances over n - 1.
 * @param reference which real points generated ones are compared with
 * @throws BenchError GENERATIVE_FEATURES, and GENERATIVE_UNDEFINED where it cannot be computed
 */
export async function frechetDistance(sets: FeatureSets, reference: 'train' | 'test'): Promise<number> {
  const generated = await gaussianOf(pointsOf('generated', sets.generated, 2));
  const real = await gaussianOf(pointsOf(reference, sets[reference], 2));
  let distance = -2 * (await traceOfRootProduct(generated.covariance, real.covariance));
  for (const [k, mean] of generated.mean.entries()) {
    const diagonal = k * generated.mean.length + k;
    distance += (mean - real.mean[k]) ** 2 + generated.covariance[diagonal] + real.covariance[diagonal];
  }
  return distance;
}

async function gaussianOf({ data, count, dims }: Points): Promise<{ mean: Float64Array; covariance: Float64Array }> {
  const mean = new Float64Array(dims);
  for (let i = 0; i < data.length; i++) mean[i % dims] += data[i] / count;
  const centred = data.map((value, i) => value - mean[i % dims]);
  const products = await matmul(centred, centred, { m: dims, k: count, n: dims, transposeA: true });
  return { mean, covariance: products.map((product) => product / (count - 1)) };
}

/**
 * tr((A B)^½) for symmetric positive semidefinite A and B: with A = RᵀR, the eigenvalues of A B other than 0 are those of
 * the symmetric R B Rᵀ, and R has the eigenvectors of A, scaled by the roots of their eigenvalues, as rows.
 */
async function traceOfRootProduct(a: Float64Array, b: Float64Array): Promise<number> {
  const n = Math.sqrt(a.length);
  const { values, vectors } = await symmetricEigen(a, n);
  const root = vectors.map((component, i) => component * Math.sqrt(Math.max(0, values[Math.floor(i / n)])));
  const half = await matmul(root, b, { m: n, k: n, n });
  const product = await matmul(half, root, { m: n, k: n, n, transposeB: true });
  return symmetricEigenvalues(product, n).reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
}
