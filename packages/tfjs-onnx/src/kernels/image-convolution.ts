import type { Value } from '../graph/graph-builder.js';

/** A convolution along one axis. */
export interface ConvolutionAxis {
  readonly inputs: number;
  readonly outputs: number;
  readonly filter: number;
  readonly stride: number;
  /** Zeros before the first input. */
  readonly padding: number;
}

/**
 * How a convolution and its gradients are written. Images and filters are [batch, height, width, channels] and
 * [height, width, in, out].
 */
export interface ImageConvolution {
  forward(x: Value, filter: Value): Value;
  towardsInput(dy: Value, filter: Value): Value;
  towardsFilter(x: Value, dy: Value): Value;
}
