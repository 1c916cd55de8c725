import { matmul, symmetricEigen, symmetricEigenvalues } from '@attribution-bench/numerics';
import { type FeatureSets, type Points, pointsOf } from './feature-sets.js';

/**
 * Fréchet distance between the Gaussians fitted to two sets of features, FID with the features of an Inception network
 * (Heusel et al. 2017, arXiv:1706.08500): |m - m'|² + tr(C + C' - 2 (C C')^½), with covariances over n - 1.
 * @param reference which real points generated ones are compared with
 * @throws BenchError GENERATIVE_FEATURES, and GENERATIVE_UNDEFINED where it cannot be computed
 */
export async function frechetDistance(sets: FeatureSets, reference: 'train' | 'test'): Promise<number> {
  const generated = pointsOf('generated', sets.generated, 2);
  const real = pointsOf(reference, sets[reference], 2);
  return generated.count + real.count < generated.dims
    ? distanceByPoints(generated, real)
    : distanceByDimensions(generated, real);
}

async function distanceByDimensions(a: Points, b: Points): Promise<number> {
  const generated = await gaussianOf(a);
  const real = await gaussianOf(b);
  let distance = -2 * (await traceOfRootProduct(generated.covariance, real.covariance));
  for (const [k, mean] of generated.mean.entries()) {
    const diagonal = k * generated.mean.length + k;
    distance += (mean - real.mean[k]) ** 2 + generated.covariance[diagonal] + real.covariance[diagonal];
  }
  return distance;
}

/**
 * The same of few points in many dimensions, such as images, without their covariances: with C = XᵀX and C' = YᵀY of centred
 * points, the eigenvalues of C C' other than 0 are those of M Mᵀ for M = X Yᵀ, which has as many rows and columns as there
 * are points.
 */
async function distanceByPoints(a: Points, b: Points): Promise<number> {
  const [x, y] = [centred(a), centred(b)];
  const cross = await matmul(x.data, y.data, { m: a.count, k: a.dims, n: b.count, transposeB: true });
  const square = await matmul(cross, cross, { m: a.count, k: b.count, n: a.count, transposeB: true });
  const variance = ({ data }: { readonly data: Float64Array }, count: number) =>
    data.reduce((sum, value) => sum + value * value, 0) / (count - 1);
  const shift = x.mean.reduce((sum, mean, k) => sum + (mean - y.mean[k]) ** 2, 0);
  const eigenvalues = symmetricEigenvalues(square, a.count);
  // Centred points have an eigenvalue of 0, whose rounding error the root would magnify.
  const least = Math.max(...eigenvalues) * a.count * Number.EPSILON;
  const roots = eigenvalues.reduce((sum, value) => sum + (value > least ? Math.sqrt(value) : 0), 0);
  const trace = roots / Math.sqrt((a.count - 1) * (b.count - 1));
  return shift + variance(x, a.count) + variance(y, b.count) - 2 * trace;
}

/** The mean of the points, and the points less their mean. */
function centred({ data, count, dims }: Points): { readonly mean: Float64Array; readonly data: Float64Array } {
  const mean = new Float64Array(dims);
  for (let i = 0; i < data.length; i++) mean[i % dims] += data[i] / count;
  return { mean, data: data.map((value, i) => value - mean[i % dims]) };
}

async function gaussianOf(points: Points): Promise<{ mean: Float64Array; covariance: Float64Array }> {
  const { count, dims } = points;
  const { mean, data } = centred(points);
  const products = await matmul(data, data, { m: dims, k: count, n: dims, transposeA: true });
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
