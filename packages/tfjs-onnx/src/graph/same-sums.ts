import type { Value } from './graph-builder.js';

const smaller = new WeakMap<Value, Value>();

/** Notes that images [batch, height, width, channels] have the sums over all pixels that smaller ones have. */
export function noteSameSums(images: Value, others: Value): void {
  smaller.set(images, others);
}

/** The smaller images with the same sums over all pixels, where there are any. */
export function withSameSums(images: Value): Value | undefined {
  return smaller.get(images);
}
