import { BenchError } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { LayerSpec, Parameters } from '../architecture/layer.js';
import { declareNorm } from './norm.js';

const epsilon = 1e-5;

/** @throws BenchError MODEL_SHAPE when the channels cannot be divided into so many groups */
export function declareGroupNorm(
  name: string,
  inputShape: readonly number[],
  groups: number,
  offset: number,
): LayerSpec {
  const channels = inputShape[inputShape.length - 1];
  if (channels % groups !== 0) {
    throw new BenchError({
      code: 'MODEL_SHAPE',
      message: `the ${channels} channels of ${name} cannot be divided into ${groups} groups`,
      next: 'choose a number of groups that divides all numbers of channels',
    });
  }
  return declareNorm(name, 'groupNorm', inputShape, offset);
}

/**
 * x [batch × ... × channels], with mean 0 and variance 1 (biased) in each group of channels of each sample, times scale plus shift.
 * Its gradient in closed form takes fewer passes over the images than that of the steps.
 * @param scale [batch × 1 ... × channels], or [1 × 1 ... × channels] for all samples; shift likewise
 */
function normalised(x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor, groups: number): tf.Tensor {
  return tf.customGrad((...given) => {
    const save = given.pop() as tf.GradSaveFunc;
    const [input, factor, term] = given as tf.Tensor[];
    const { centred, inverse } = moments(input, groups);
    save([centred, inverse, factor]);
    const gradFunc = (dy: tf.Tensor, [centred, inverse, factor]: tf.Tensor[]) => {
      const along = overPositions(tf.mul(dy, centred));
      const total = overPositions(dy);
      const share = along.size / dy.size;
      const parallel = tf.mul(
        tf.mul(groupMean(tf.mul(along, factor), groups), share),
        tf.mul(inverse, tf.square(inverse)),
      );
      const mean = tf.mul(tf.mul(groupMean(tf.mul(total, factor), groups), share), inverse);
      // Sums of products, each of which is one pass over the images in blocks of channels.
      const rest = tf.sub(tf.mul(centred, tf.neg(parallel)), mean);
      const own = (values: tf.Tensor) => (factor.shape[0] === 1 ? tf.sum(values, 0, true) : values);
      const towardsInput = tf.add(tf.mul(dy, tf.mul(inverse, factor)), rest);
      return [towardsInput, own(tf.mul(along, inverse)), own(total)];
    };
    return { value: tf.add(tf.mul(centred, tf.mul(inverse, factor)), term), gradFunc };
  })(x, scale, shift) as tf.Tensor;
}

/** x less its mean in each group, and 1 / its standard deviation there, [batch × 1 ... × channels]. */
function moments(x: tf.Tensor, groups: number): { readonly centred: tf.Tensor; readonly inverse: tf.Tensor } {
  const centred = tf.sub(x, groupMean(x, groups));
  return { centred, inverse: tf.rsqrt(tf.add(groupMean(tf.square(centred), groups), epsilon)) };
}

/** The axes between the first and the last. */
const positionAxes = (x: tf.Tensor): number[] => x.shape.slice(1, -1).map((_, axis) => axis + 1);

/** Sums over all positions, [batch × 1 ... × channels]. */
function overPositions(x: tf.Tensor): tf.Tensor {
  return x.rank === 2 ? x : tf.sum(x, positionAxes(x), true);
}

/** Mean over all positions and the channels of a group, [batch × 1 ... × channels]: images keep their layout that way. */
function groupMean(x: tf.Tensor, groups: number): tf.Tensor {
  const [batch] = x.shape;
  const channels = x.shape[x.rank - 1];
  const byChannel = x.rank === 2 ? x : tf.mean(x, positionAxes(x));
  const grouped = tf.mean(tf.reshape(byChannel, [batch, groups, channels / groups]), 2, true);
  const repeated = tf.mul(grouped, tf.ones([1, 1, channels / groups]));
  return tf.reshape(repeated, [batch, ...positionAxes(x).map(() => 1), channels]);
}

/** x [batch × ... × channels] standardised in groups over all positions of a sample; x has a leading model axis where `stack`. */
export function groupStandardised(x: tf.Tensor, groups: number, stack: boolean): tf.Tensor {
  const { centred, inverse } = moments(stack ? withoutModels(x) : x, groups);
  return tf.reshape(tf.mul(centred, inverse), x.shape);
}

/** Group normalisation of x, with a leading model axis where the parameters have one. */
export function groupNormalised(name: string, x: tf.Tensor, groups: number, parameters: Parameters): tf.Tensor {
  const [scale, shift] = [parameters[`${name}.scale`], parameters[`${name}.shift`]];
  const channels = x.shape[x.rank - 1];
  if (scale.rank === 2) {
    const shape = [...x.shape.slice(0, -1).map(() => 1), channels];
    return normalised(x, tf.reshape(scale, shape), tf.reshape(shift, shape), groups);
  }
  const [models, batch, ...positions] = x.shape.slice(0, -1);
  const bySample = (values: tf.Tensor) =>
    tf.reshape(tf.broadcastTo(values, [models, batch, channels]), [
      models * batch,
      ...positions.map(() => 1),
      channels,
    ]);
  return tf.reshape(normalised(withoutModels(x), bySample(scale), bySample(shift), groups), x.shape);
}

/** The model axis and the batch as one. */
const withoutModels = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [-1, ...x.shape.slice(2)]);
