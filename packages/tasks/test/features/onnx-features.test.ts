import { describe, expect, it } from 'vitest';
import { extractorPoints } from '../../src/features/onnx-features.js';

const inputs = Float32Array.from({ length: 2 * 36 }, (_, i) => i / 36 - 1);
const shapeOf = (inputShape: readonly number[]) => {
  const { data, ...shape } = extractorPoints({ inputs, inputShape, normalisation: { mean: 0, std: 1 } });
  expect(data).toBe(inputs);
  return shape;
};

describe('extractorPoints', () => {
  it.each([
    [[4, 3, 3], { points: 2, height: 4, width: 3, channels: 3 }],
    [[9, 4], { points: 2, height: 9, width: 4, channels: 1 }],
    [[36], { points: 2, height: 6, width: 6, channels: 1 }],
    [[12], { points: 6, dims: 12 }],
  ])('takes points of shape %j for what they are', (inputShape, expected) => {
    expect(shapeOf(inputShape)).toEqual(expected);
  });

  it('maps the pixels of generators back to 0..1', () => {
    const { data } = extractorPoints({ inputs, inputShape: [36], normalisation: { mean: 0.5, std: 0.5 } });
    expect(data[0]).toBe(0);
    expect(data[36]).toBe(0.5);
  });
});
