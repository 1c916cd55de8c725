import { deriveSeed } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { trainingBatches } from '../src/training/augmentation.js';
import { gatherRows } from '../src/training/gather-rows.js';

const [height, width, channels, batch, models] = [5, 4, 2, 6, 2];
const seeds = [deriveSeed(1, 'test', 'checkpoint', 0), deriveSeed(1, 'test', 'checkpoint', 1)];
const images = tf.tidy(() => tf.range(1, 9 * height * width * channels + 1).reshape([9, height, width, channels]));
const rows: tf.Tensor2D = tf.tensor2d([0, 1, 2, 3, 4, 5, 8, 7, 6, 5, 4, 3], [models, batch], 'int32');

/** Batches of `steps` steps, as nested arrays [models][batch][y][x][channel]. */
function batchesOf(augmentation: { flip?: boolean; crop?: number }, steps = 1): number[][][][][][] {
  const batches = trainingBatches({ use: 'cnn', ...augmentation }, [height, width, channels], batch);
  const draws = seeds.map((seed) => batches.noise?.draw(seed));
  return Array.from({ length: steps }, () => {
    const places = new Int32Array(models * batch * height * width);
    for (const [m, draw] of draws.entries()) {
      draw?.({ places: places.subarray((m * places.length) / models, ((m + 1) * places.length) / models) });
    }
    const fed = tf.tensor3d(places, [models, batch, height * width], 'int32');
    return batches.inputs({ inputs: gatherRows(images, rows), places: fed }).arraySync() as number[][][][][];
  });
}

const all = images.arraySync() as number[][][][];
const moved = (image: number[][][], down: number, right: number, mirrored: boolean) =>
  image.map((line, y) =>
    line.map((_, x) => {
      const column = (mirrored ? width - 1 - x : x) + right;
      return image[y + down]?.[column] ?? [0, 0];
    }),
  );

test('without augmentation batches are the points themselves, and nothing is drawn', () => {
  const { noise } = trainingBatches({ use: 'cnn', flip: false, crop: 0 }, [height, width, channels], batch);
  expect(noise).toBeUndefined();
  const [found] = batchesOf({});
  expect(found[1][0]).toEqual(all[8]);
});

test.each([
  { flip: true, crop: 0 },
  { flip: false, crop: 2 },
  { flip: true, crop: 1 },
])('%o gives every image at some shift, mirrored or not, and each variation its turn', ({ flip, crop }) => {
  const shifts = Array.from({ length: 2 * crop + 1 }, (_, i) => i - crop);
  const variations = shifts.flatMap((down) =>
    shifts.flatMap((right) => (flip ? [false, true] : [false]).map((mirrored) => ({ down, right, mirrored }))),
  );
  const steps = 40;
  const seen = new Map<number, number>();
  const found = batchesOf({ flip, crop }, steps);
  for (const step of found) {
    for (const [m, images] of step.entries()) {
      for (const [i, image] of images.entries()) {
        const source = all[rows.arraySync()[m][i]];
        const which = variations.findIndex(
          ({ down, right, mirrored }) => JSON.stringify(moved(source, down, right, mirrored)) === JSON.stringify(image),
        );
        seen.set(which, (seen.get(which) ?? 0) + 1);
      }
    }
  }
  expect(seen.has(-1)).toBe(false);
  const expected = (steps * models * batch) / variations.length;
  for (let which = 0; which < variations.length; which++) {
    expect(Math.abs((seen.get(which) ?? 0) - expected)).toBeLessThan(5 * Math.sqrt(expected));
  }
  expect(batchesOf({ flip, crop }, steps)).toEqual(found);
});
