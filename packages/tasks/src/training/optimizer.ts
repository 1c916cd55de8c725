import * as tf from '@tensorflow/tfjs';
import type { Recipe } from './recipe.js';

/** One parameter array and what the optimiser remembers about it, all of one shape. */
export interface Slots {
  readonly value: tf.Tensor;
  readonly slots: readonly tf.Tensor[];
}

/** Numbers of one step, computed outside of the graph in float64. */
export interface StepScalars {
  readonly lr: tf.Tensor;
  /** 1 / (1 - beta1^t) and 1 / (1 - beta2^t) of step t = 1, 2, ...; Adam only. */
  readonly correction1?: tf.Tensor;
  readonly correction2?: tf.Tensor;
}

export interface Optimizer {
  /** Names of what is remembered of each parameter; all start at 0. */
  readonly slots: readonly string[];
  readonly corrections?: { readonly beta1: number; readonly beta2: number };
  update(parameter: Slots, gradient: tf.Tensor, step: StepScalars): Slots;
  /** 1 / (sqrt(v) + eps) with bias correction from the second moment after this gradient; undefined: all ones. */
  preconditioner?(parameter: Slots, gradient: tf.Tensor, step: StepScalars): tf.Tensor;
}

const epsilon = 1e-8;

/** The update rule of a recipe, in the form that PyTorch gives it. */
export function optimizerOf(recipe: Recipe): Optimizer {
  return recipe.optimizer === 'sgd' ? sgd(recipe) : adam(recipe);
}

/** v ← momentum · v + g + weightDecay · θ; θ ← θ - lr · v. */
function sgd({ momentum = 0, weightDecay }: Recipe): Optimizer {
  return {
    slots: momentum === 0 ? [] : ['velocity'],
    update({ value, slots: [velocity] }, gradient, { lr }) {
      const decayed = withDecay(gradient, value, weightDecay);
      const step = velocity === undefined ? decayed : tf.add(tf.mul(velocity, momentum), decayed);
      return { value: tf.sub(value, tf.mul(step, lr)), slots: velocity === undefined ? [] : [step] };
    },
  };
}

/** Kingma and Ba 2015; `adamw` takes the decay out of the gradient (Loshchilov and Hutter 2019). */
function adam({ optimizer, beta1 = 0.9, beta2 = 0.999, weightDecay }: Recipe): Optimizer {
  const decoupled = optimizer === 'adamw';
  const gradientOf = (gradient: tf.Tensor, value: tf.Tensor) =>
    decoupled ? gradient : withDecay(gradient, value, weightDecay);
  const secondMoment = (second: tf.Tensor, gradient: tf.Tensor) =>
    tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const scale = (second: tf.Tensor, correction2: tf.Tensor) => tf.add(tf.sqrt(tf.mul(second, correction2)), epsilon);
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

function withDecay(gradient: tf.Tensor, value: tf.Tensor, weightDecay: number): tf.Tensor {
  return weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(value, weightDecay));
}
