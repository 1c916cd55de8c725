import * as tf from '@tensorflow/tfjs';
import type { Recipe } from '../recipe.js';
import type { Optimizer } from './optimizer.js';
import { withDecay } from './with-decay.js';

/** v ← momentum · v + g + weightDecay · θ; θ ← θ - lr · v. */
export function sgd({ momentum = 0, weightDecay }: Recipe): Optimizer {
  return {
    slots: momentum === 0 ? [] : ['velocity'],
    update({ value, slots: [velocity] }, gradient, { lr }) {
      const decayed = withDecay(gradient, value, weightDecay);
      const step = velocity === undefined ? decayed : tf.add(tf.mul(velocity, momentum), decayed);
      return { value: tf.sub(value, tf.mul(step, lr)), slots: velocity === undefined ? [] : [step] };
    },
  };
}
