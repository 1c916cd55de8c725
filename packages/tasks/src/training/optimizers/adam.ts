import * as tf from '@tensorflow/tfjs';
import type { Recipe } from '../recipe.js';
import type { Optimizer } from './optimizer.js';
import { withDecay } from './with-decay.js';

const epsilon = 1e-8;

/** Kingma and Ba 2015; `adamw` takes the decay out of the gradient (Loshchilov and Hutter 2019). */
export function adam({ optimizer, beta1 = 0.9, beta2 = 0.999, weightDecay }: Recipe): Optimizer {
  const decoupled = optimizer === 'adamw';
  const gradientOf = (gradient: tf.Tensor, value: tf.Tensor) =>
    decoupled ? gradient : withDecay(gradient, value, weightDecay);
  const secondMoment = (second: tf.Tensor, gradient: tf.Tensor) =>
    tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const scale = (second: tf.Tensor, correction2: tf.Tensor) => tf.add(root(tf.mul(second, correction2)), epsilon);
  return {
    slots: ['mean', 'square'],
    corrections: { beta1, beta2 },
    update({ value, slots: [mean, square] }, raw, { lr, correction1, correction2 }) {
      const gradient = gradientOf(raw, value);
      const first = tf.add(tf.mul(mean, beta1), tf.mul(gradient, 1 - beta1));
      const second = secondMoment(square, gradient);
      const direction = tf.div(tf.mul(first, correction1 as tf.Tensor), scale(second, correction2 as tf.Tensor));
      const kept = decoupled && weightDecay > 0 ? tf.sub(value, tf.mul(value, tf.mul(lr, weightDecay))) : value;
      return { value: tf.sub(kept, tf.mul(direction, lr)), slots: [first, second] };
    },
    preconditioner({ value, slots: [, square] }, raw, { correction2 }) {
      const second = secondMoment(square, gradientOf(raw, value));
      return tf.div(1, scale(second, correction2 as tf.Tensor));
    },
  };
}

/**
 * √x with slope 0 at 0. There all gradients of the parameter have been 0, and the root of their mean square has a corner,
 * where TensorFlow.js has slope ∞.
 */
function root(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((given, save) => {
    const input = given as tf.Tensor;
    (save as tf.GradSaveFunc)([input]);
    const gradFunc = (dy: tf.Tensor, [x]: tf.Tensor[]) => {
      const isZero = tf.equal(x, 0);
      const slope = tf.div(0.5, tf.sqrt(tf.where(isZero, tf.onesLike(x), x)));
      return tf.mul(dy, tf.where(isZero, tf.zerosLike(x), slope));
    };
    return { value: tf.sqrt(input), gradFunc };
  })(x) as tf.Tensor;
}
