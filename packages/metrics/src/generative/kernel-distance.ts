import { matmul, mean } from '@attribution-bench/numerics';
import { type FeatureSets, type Points, pick, pointsOf } from './feature-sets.js';

const SUBSETS = 100;
const LARGEST_SUBSET = 1000;

/**
 * Kernel distance, KID with the features of an Inception network (Bińkowski et al. 2018, arXiv:1801.01401): the squared
 * maximum mean discrepancy under the kernel (x·y / dims + 1)³, unbiased, averaged over 100 random subsets of either set,
 * of 1000 points or half of the smaller set.
 * @param reference which real points generated ones are compared with
 * @param draw `size` different ones of `count` points at random
 * @throws BenchError GENERATIVE_FEATURES, and GENERATIVE_UNDEFINED where it cannot be computed
 */
export async function kernelDistance(
  sets: FeatureSets,
  reference: 'train' | 'test',
  draw: (count: number, size: number) => ArrayLike<number>,
): Promise<number> {
  const generated = pointsOf('generated', sets.generated, 4);
  const real = pointsOf(reference, sets[reference], 4);
  const size = Math.min(LARGEST_SUBSET, Math.floor(generated.count / 2), Math.floor(real.count / 2));
  const distances = new Float64Array(SUBSETS);
  for (let subset = 0; subset < SUBSETS; subset++) {
    const some = pick(generated, draw(generated.count, size));
    distances[subset] = await meanDiscrepancy(some, pick(real, draw(real.count, size)));
  }
  return mean(distances);
}

/** Unbiased squared maximum mean discrepancy between two sets of equally many points. */
export async function meanDiscrepancy(a: Points, b: Points): Promise<number> {
  const within = ((await kernelSum(a, a, true)) + (await kernelSum(b, b, true))) / (a.count * (a.count - 1));
  return within - (2 * (await kernelSum(a, b, false))) / (a.count * b.count);
}

async function kernelSum(a: Points, b: Points, skipDiagonal: boolean): Promise<number> {
  const products = await matmul(a.data, b.data, { m: a.count, k: a.dims, n: b.count, transposeB: true });
  let sum = 0;
  for (let i = 0; i < a.count; i++)
    for (let j = 0; j < b.count; j++)
      if (!(skipDiagonal && i === j)) {
        const base = products[i * b.count + j] / a.dims + 1;
        sum += base * base * base;
      }
  return sum;
}
