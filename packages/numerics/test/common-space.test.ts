import { Rng } from '@attribution-bench/contract';
import { describe, expect, it } from 'vitest';
import { commonSpace } from '../src/components/common-space.js';
import { squaredDistances } from '../src/distances/squared-distances.js';

const rng = new Rng([1, 2, 3, 4]);
const features = (count: number) =>
  Float32Array.from({ length: count * 4 }, (_, i) => (i % 4 === 2 ? 5 : rng.normal()));

describe('commonSpace', () => {
  const [points, others] = [features(30), features(7)];

  it('measures both sets by the spread of the first, in columns that vary', async () => {
    const space = await commonSpace(points, others, 4);
    expect(space.dims).toBe(3);
    expect(space.points.length).toBe(90);
    const column = (k: number) => Array.from({ length: 30 }, (_, i) => points[i * 4 + k]);
    const mean = column(0).reduce((sum, v) => sum + v, 0) / 30;
    const deviation = Math.sqrt(column(0).reduce((sum, v) => sum + (v - mean) ** 2, 0) / 29);
    expect(space.others[0]).toBeCloseTo((others[0] - mean) / deviation, 9);
  });

  it('keeps all distances under as many components as there are dimensions, and shortens them under fewer', async () => {
    const whole = await commonSpace(points, others, 4);
    const turned = await commonSpace(points, others, 4, 10);
    const narrow = await commonSpace(points, others, 4, 1);
    const distances = async (space: typeof whole) => squaredDistances(space.others, space.points, space.dims);
    const [before, after, less] = [await distances(whole), await distances(turned), await distances(narrow)];
    expect([turned.dims, narrow.dims]).toEqual([3, 1]);
    for (const [i, distance] of before.entries()) {
      expect(after[i]).toBeCloseTo(distance, 9);
      expect(less[i]).toBeLessThanOrEqual(distance + 1e-9);
    }
  });

  it('says that points which are all the same have no distances', async () => {
    await expect(commonSpace(new Float32Array(12).fill(2), others, 4)).rejects.toThrow(
      'all training points have the same features',
    );
  });
});
