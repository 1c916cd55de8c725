import type { Rng } from '@attribution-bench/contract';
import { squaredDistances } from '@attribution-bench/numerics';
import type { Points } from './feature-sets.js';

const MAX_ROUNDS = 300;

/**
 * Centres of `clusters` groups of points, [clusters × dims]: Lloyd's algorithm from the k-means++ seeding (Arthur and
 * Vassilvitskii 2007), the best of `starts` by the sum of squared distances.
 */
export async function kMeans(points: Points, clusters: number, starts: number, rng: Rng): Promise<Float64Array> {
  let best: { centres: Float64Array; inertia: number } | undefined;
  for (let start = 0; start < starts; start++) {
    const run = await lloyd(points, await seedCentres(points, clusters, rng));
    if (best === undefined || run.inertia < best.inertia) best = run;
  }
  return best?.centres ?? new Float64Array(0);
}

/** The nearest centre of each point, the first of several at one distance, and its squared distance. */
export async function assign(
  points: Points,
  centres: Float64Array,
): Promise<{ cells: Int32Array; distances: Float64Array }> {
  const clusters = centres.length / points.dims;
  const all = await squaredDistances(points.data, centres, points.dims);
  const cells = new Int32Array(points.count);
  for (let i = 0; i < points.count; i++)
    for (let c = 1; c < clusters; c++) if (all[i * clusters + c] < all[i * clusters + cells[i]]) cells[i] = c;
  return { cells, distances: Float64Array.from(cells, (cell, i) => all[i * clusters + cell]) };
}

async function seedCentres(points: Points, clusters: number, rng: Rng): Promise<Float64Array> {
  const { data, dims, count } = points;
  const centres = new Float64Array(clusters * dims);
  let chosen = rng.below(count);
  for (let c = 0; c < clusters; c++) {
    centres.set(data.subarray(chosen * dims, (chosen + 1) * dims), c * dims);
    const { distances } = await assign(points, centres.subarray(0, (c + 1) * dims));
    let left = rng.uniform() * distances.reduce((sum, distance) => sum + distance, 0);
    chosen = distances.findIndex((distance) => {
      left -= distance;
      return distance > 0 && left <= 0;
    });
    if (chosen < 0) chosen = rng.below(count);
  }
  return centres;
}

async function lloyd(points: Points, centres: Float64Array): Promise<{ centres: Float64Array; inertia: number }> {
  const { data, dims } = points;
  const clusters = centres.length / dims;
  let { cells, distances } = await assign(points, centres);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const sizes = new Float64Array(clusters);
    const sums = new Float64Array(centres.length);
    for (const [i, cell] of cells.entries()) {
      sizes[cell]++;
      for (let k = 0; k < dims; k++) sums[cell * dims + k] += data[i * dims + k];
    }
    const moved = centres.map((old, at) => {
      const size = sizes[Math.floor(at / dims)];
      return size === 0 ? old : sums[at] / size;
    });
    const next = await assign(points, moved);
    const settled = next.cells.every((cell, i) => cell === cells[i]);
    centres = moved;
    ({ cells, distances } = next);
    if (settled) break;
  }
  return { centres, inertia: distances.reduce((sum, distance) => sum + distance, 0) };
}
