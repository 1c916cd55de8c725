import * as tf from '@tensorflow/tfjs';
import type { BatchNormOptions, LayerSpec, Parameters } from '../architecture/layer.js';
import { byChannel, declareNorm } from './norm.js';

const epsilon = 1e-5;
const meanName = (layer: string): string => `${layer}.mean`;
const varianceName = (layer: string): string => `${layer}.variance`;

/** What batch normalisation goes by in training. */
export interface TrainingBatch {
  /** Weight of each sample in the mean over the batch, [batch]: 0 for padding and what is left out, which count nowhere. */
  readonly weights: tf.Tensor;
  /** 1, or 0 where nothing in the batch counts and running statistics stay as they are. */
  readonly moves: tf.Tensor;
  /** Is given each running statistic after this batch, by name. */
  observe(statistic: string, running: tf.Tensor): void;
}

/** Flat parameters as those of group normalisation. The running mean starts at 0, the running variance at 1. */
export function declareBatchNorm(name: string, inputShape: readonly number[], offset: number): LayerSpec {
  const size = inputShape[inputShape.length - 1];
  const shape = [1, size];
  return {
    ...declareNorm(name, 'batchNorm', inputShape, offset),
    statistics: [
      { name: meanName(name), shape, size, bound: 0 },
      { name: varianceName(name), shape, size, bound: 0, centre: 1 },
    ],
  };
}

/** x [batch × ... × channels] standardised by the running mean and variance. */
export function frozenStandardised(name: string, x: tf.Tensor, parameters: Parameters): tf.Tensor {
  const inverse = tf.rsqrt(tf.add(parameters[varianceName(name)], epsilon));
  return tf.mul(tf.sub(x, byChannel(parameters[meanName(name)], x)), byChannel(inverse, x));
}

/**
 * Standardised by mean and variance over the batch and all positions, in which the running ones then move by `momentum`.
 * The variance that is kept is the unbiased one, as in PyTorch.
 * @param x [batch × ... × channels], or [models × batch × ... × channels] where the parameters have a model axis
 */
export function trainingStandardised(
  name: string,
  x: tf.Tensor,
  { momentum = 0.1 }: BatchNormOptions,
  parameters: Parameters,
  { weights, moves, observe }: TrainingBatch,
): tf.Tensor {
  const running = parameters[meanName(name)];
  const leading = running.rank - 2;
  const positions = x.size / (x.shape[x.rank - 1] * weights.size * (leading === 1 ? x.shape[0] : 1));
  const count = tf.mul(tf.sum(tf.cast(tf.greater(weights, 0), 'float32')), positions);
  const unbiased = tf.div(count, tf.maximum(tf.sub(count, 1), 1));
  const { mean, variance } = moments(x, weights, leading);
  for (const [array, observed] of [
    [meanName(name), mean],
    [varianceName(name), tf.mul(variance, unbiased)],
  ] as const) {
    const moved = tf.add(tf.mul(parameters[array], 1 - momentum), tf.mul(observed, momentum));
    observe(array, tf.where(tf.greater(moves, 0), moved, parameters[array]));
  }
  return standardisedOverBatch(x, weights, leading);
}

/**
 * Its gradient in closed form (Ioffe and Szegedy 2015, section 3) takes fewer passes over x than that of the steps. That by
 * the weights is along changes that leave their sum at 1.
 */
function standardisedOverBatch(x: tf.Tensor, weights: tf.Tensor, leading: number): tf.Tensor {
  return tf.customGrad((...args) => {
    const [input, weights, save] = args as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const { centred, variance } = moments(input, weights, leading);
    const inverse = byChannel(tf.rsqrt(tf.add(variance, epsilon)), input);
    const value = tf.mul(centred, inverse);
    save([value, inverse, weights]);
    const gradFunc = (dy: tf.Tensor, [y, inverse, weights]: tf.Tensor[]) => {
      const ofSample = bySample(weights, y, leading);
      const along = tf.mul(ofSample, byChannel(total(tf.mul(dy, y), leading), y));
      const mean = tf.mul(ofSample, byChannel(total(dy, leading), y));
      const byInput = tf.mul(tf.sub(dy, tf.add(tf.mul(y, along), mean)), inverse);
      return [byInput, byWeights(dy, y, leading)];
    };
    return { value, gradFunc };
  })(x, weights) as tf.Tensor;
}

/** dL/dw_b = -Σ_channels [Σ dy · mean y_b + Σ dy y · mean y_b² / 2], with means over the positions of sample b. */
function byWeights(dy: tf.Tensor, y: tf.Tensor, leading: number): tf.Tensor {
  const ofMean = tf.mul(total(dy, leading), overPositions(y, leading));
  const ofVariance = tf.mul(total(tf.mul(dy, y), leading), overPositions(tf.square(y), leading));
  const bySample = tf.neg(tf.sum(tf.add(ofMean, tf.div(ofVariance, 2)), -1));
  return leading === 0 ? bySample : tf.sum(bySample, 0);
}

/** Mean and (biased) variance of each channel, [1 × channels] with the `leading` axes before that, and x without its mean. */
function moments(
  x: tf.Tensor,
  weights: tf.Tensor,
  leading: number,
): { readonly mean: tf.Tensor; readonly variance: tf.Tensor; readonly centred: tf.Tensor } {
  const weighted = (values: tf.Tensor) =>
    tf.sum(tf.mul(overPositions(values, leading), tf.expandDims(weights, 1)), leading, true);
  const mean = weighted(x);
  const centred = tf.sub(x, byChannel(mean, x));
  return { mean, variance: weighted(tf.square(centred)), centred };
}

const positionAxes = ({ shape }: tf.Tensor, leading: number): number[] =>
  shape.map((_, axis) => axis).slice(leading + 1, -1);

/** Means over positions, [... leading × batch × channels]. */
function overPositions(x: tf.Tensor, leading: number): tf.Tensor {
  const axes = positionAxes(x, leading);
  return axes.length === 0 ? x : tf.mean(x, axes);
}

/** Sums over batch and positions, [... leading × 1 × channels]. */
function total(x: tf.Tensor, leading: number): tf.Tensor {
  const axes = positionAxes(x, leading);
  return tf.sum(axes.length === 0 ? x : tf.sum(x, axes), leading, true);
}

/** The share of one position of each sample in the means, in a shape that repeats it over x. */
function bySample(weights: tf.Tensor, x: tf.Tensor, leading: number): tf.Tensor {
  const axes = positionAxes(x, leading);
  const positions = axes.reduce((product, axis) => product * x.shape[axis], 1);
  return tf.reshape(tf.div(weights, positions), [weights.size, ...axes.map(() => 1), 1]);
}
