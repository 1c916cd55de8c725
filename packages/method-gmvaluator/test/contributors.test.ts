import { Rng } from '@attribution-bench/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CandidateRequest, contributorsAmong, type Distance, findCandidates } from '../src/contributors.js';

const space = (seed: number, points: number, others: number, dims: number) => {
  const rng = new Rng([seed, 1, 2, 3]);
  const normals = (count: number) => Float64Array.from({ length: count * dims }, () => rng.normal());
  return { points: normals(points), others: normals(others), dims };
};
const rowOf = (data: Float64Array, row: number, dims: number) => [...data.subarray(row * dims, (row + 1) * dims)];

function distanceOf(a: number[], b: number[], distance: Distance): number {
  if (distance === 'euclidean') return Math.hypot(...a.map((value, k) => value - b[k]));
  const product = (x: number[], y: number[]) => x.reduce((sum, value, k) => sum + value * y[k], 0);
  return 1 - product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

/** The indices of the `count` smallest values, smallest first. */
const smallest = (values: readonly number[], count: number) =>
  [...values.keys()].sort((a, b) => values[a] - values[b]).slice(0, count);

async function contributorsOf(request: CandidateRequest, contributors: number) {
  const { others, dims } = request.recall;
  return contributorsAmong(await findCandidates(request, () => {}), others.length / dims, contributors);
}

describe('contributors', () => {
  it.each<Distance>(['euclidean', 'cosine'])(
    'finds every copy of a query by %s distance, and nobody else',
    async (distance) => {
      const { points, others, dims } = space(3, 20, 2, 4);
      for (const copy of [2, 11, 17]) points.set(others.subarray(0, dims), copy * dims);
      const recall = { points, others, dims };
      for (const rerank of [{}, { rerank: recall }]) {
        const [{ points: found, distances }] = await contributorsOf({ recall, ...rerank, distance, candidates: 10 }, 1);
        expect([...found]).toEqual([2, 11, 17]);
        expect([...distances]).toEqual([0, 0, 0]);
      }
    },
  );

  it('recalls in one space and orders in another, as comparing every pair does', async () => {
    const sizes = fc.record({
      seed: fc.nat(),
      points: fc.integer({ min: 1, max: 25 }),
      candidates: fc.integer({ min: 1, max: 30 }),
      contributors: fc.integer({ min: 1, max: 10 }),
      distance: fc.constantFrom<Distance>('euclidean', 'cosine'),
      reranked: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ seed, points, candidates, contributors, distance, reranked }) => {
        const recall = space(seed, points, 4, 3);
        const rerank = space(seed + 1, points, 4, 5);
        const found = await contributorsOf(
          { recall, ...(reranked ? { rerank } : {}), distance, candidates },
          contributors,
        );
        expect(found.length).toBe(4);
        for (const [query, ours] of found.entries()) {
          const all = (from: typeof recall) =>
            Array.from({ length: points }, (_, i) =>
              distanceOf(rowOf(from.points, i, from.dims), rowOf(from.others, query, from.dims), distance),
            );
          const recalled = smallest(all(recall), candidates);
          const final = all(reranked ? rerank : recall);
          const order = smallest(
            recalled.map((point) => final[point]),
            contributors,
          ).map((at) => recalled[at]);
          expect([...ours.points]).toEqual(order);
          for (const [at, value] of ours.distances.entries()) expect(value).toBeCloseTo(final[order[at]], 9);
        }
      }),
      { numRuns: 80 },
    );
  });

  it('lets in every point that is as near as the last', async () => {
    const points = Float64Array.of(5, 1, -1, 3, -3, 3);
    const recall = { points, others: Float64Array.of(0), dims: 1 };
    const request = { recall, distance: 'euclidean', candidates: 6 } as const;
    const pointsAt = async (contributors: number) =>
      [...(await contributorsOf(request, contributors))[0].points].sort((a, b) => a - b);
    expect(await pointsAt(1)).toEqual([1, 2]);
    expect(await pointsAt(3)).toEqual([1, 2, 3, 4, 5]);
    expect(await pointsAt(9)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
