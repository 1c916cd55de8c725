import { Rng } from '@attribution-bench/contract';
import { rocAuc } from '@attribution-bench/numerics';
import { describeMethod, neverCancelled, runMethod, taskSpec, trainedSetting } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import { classWiseCost } from '../src/class-wise-cost.js';
import lava, { calibrated } from '../src/lava.js';
import { sinkhorn } from '../src/sinkhorn.js';

describeMethod(lava);

const signal = neverCancelled;
const size = 6;
const rng = new Rng([1, 2, 3, 4]);
const cost = Float64Array.from({ length: size * size }, () => rng.uniform());
const square = { cost, rows: size, columns: size, signal };

/** Least mean cost over all assignments of rows to columns. */
function bestAssignment(): number {
  const best = (row: number, free: readonly number[]): number =>
    free.length === 0
      ? 0
      : Math.min(
          ...free.map(
            (j) =>
              cost[row * size + j] +
              best(
                row + 1,
                free.filter((other) => other !== j),
              ),
          ),
        );
  return best(0, [...Array(size).keys()]) / size;
}

test('with little entropy transport is the best assignment, and its potentials prove that', () => {
  const { f, g, cost: found, dual, error } = sinkhorn({ ...square, entropy: 1e-3 });
  const exact = bestAssignment();
  const mean = cost.reduce((sum, value) => sum + value, 0) / cost.length;
  expect(exact).toBeLessThan(mean / 2);
  expect(error).toBeLessThan(1e-3);
  expect(Math.abs(found - exact)).toBeLessThan(1e-3 * Math.log(size));
  // The entropic dual exceeds the exact one by at most ε log n.
  expect(Math.abs(dual - exact)).toBeLessThan(1e-3 * Math.log(size) + 1e-9);
  for (let at = 0; at < cost.length; at++)
    expect(f[Math.floor(at / size)] + g[at % size]).toBeLessThan(cost[at] + 1e-3 * Math.log(size * size));
});

test('moving weight to a point changes the least cost by its calibrated potential', () => {
  const entropy = 0.05;
  const uniform = new Float64Array(size).fill(1 / size);
  const values = calibrated(sinkhorn({ ...square, entropy }).f);
  const step = 1e-5;
  for (let i = 0; i < size; i++) {
    const moved = (by: number) =>
      sinkhorn({ ...square, entropy, weights: uniform.map((w, j) => w + (j === i ? by : -by / (size - 1))) }).dual;
    expect((moved(step) - moved(-step)) / (2 * step)).toBeCloseTo(values[i], 5);
  }
});

test('labels cost what their classes are apart, worked out by hand', async () => {
  // One point per class: the transport between two classes is the squared distance of the two points.
  const points = { features: Float64Array.of(0, 3), labels: Int32Array.of(0, 1) };
  const others = { features: Float64Array.of(1, 5), labels: Int32Array.of(1, 0) };
  const found = await classWiseCost(points, others, { labelWeight: 2, entropy: 0.1, signal });
  for (const [at, squared] of [1, 25, 4, 4].entries()) expect(found[at]).toBeCloseTo(3 * squared, 9);
});

test('counts points with flipped labels as harm', async () => {
  const data = { use: 'digits', train: 200, queries: 60, flipLabels: 0.1 };
  const model = { use: 'logistic', epochs: 1 };
  const setting = await trainedSetting(taskSpec({ id: 'noisy', data, model }, 3));
  const { scores } = await runMethod(lava, setting);
  expect(
    rocAuc(
      scores.map((score) => -score),
      setting.data.flipped,
    ),
  ).toBeGreaterThan(0.8);
});
