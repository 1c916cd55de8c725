import type { PointSet } from '@attribution-bench/contract';
import type { TaskData } from '@attribution-bench/tasks';

/** [height, width, channels] */
export type ImageShape = readonly [number, number, 1 | 3];

/** Flat inputs of these datasets are square images in one channel. */
const flatImages: ReadonlySet<unknown> = new Set(['digits', 'mnist', 'fashion-mnist']);

/** The shape of inputs that are images, or undefined. */
export function imageShape(inputShape: readonly number[], dataset: unknown): ImageShape | undefined {
  const [height, width = 1, channels = 1] = inputShape;
  if (inputShape.length === 3 && (channels === 1 || channels === 3)) return [height, width, channels];
  const side = Math.round(Math.sqrt(height));
  return inputShape.length === 1 && flatImages.has(dataset) && side * side === height ? [side, side, 1] : undefined;
}

/**
 * Pixels of a point, [height × width × channels] with 8 bits each: the smallest number of all training inputs is black, the
 * largest white.
 */
export function picturesOf(data: TaskData, shape: ImageShape): (of: PointSet, index: number) => Uint8Array {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data.inputs) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const size = shape[0] * shape[1] * shape[2];
  const shade = (value: number) => Math.round(((value - low) / (high - low || 1)) * 255);
  return (of, index) => {
    const inputs = (of === 'train' ? data.inputs : data.queryInputs).subarray(index * size, (index + 1) * size);
    return Uint8Array.from(inputs, (value) => Math.max(0, Math.min(255, shade(value))));
  };
}
