import { bySuspicion, defineMethod, earlyModels, earlyParams, usesEarly } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';

/**
 * EL2N (Paul et al. 2021, definition 2.3): the expected length |p(x) - y| of the error of the predicted probabilities early
 * in training, over training runs.
 */
export default defineMethod({
  id: 'el2n',
  title: 'EL2N',
  family: 'complexity',
  origin: 'published',
  cite: 'Paul et al. 2021, arXiv:2107.07075',
  revision: 1,
  scoreShape: 'global',
  tasks: ['classifier'],
  needs: ['checkpoints', 'trajectory'],
  params: earlyParams,
  expectSignal: false,
  uses: usesEarly,
  async fit(ctx) {
    const models = earlyModels(ctx.trajectory);
    const suspicion = new Float64Array(ctx.task.train);
    for (const [run, checkpoint] of models.entries()) {
      ctx.signal.throwIfAborted();
      const lengths = await ctx.outputs({ of: 'train', checkpoint, output: errorLength });
      for (let i = 0; i < suspicion.length; i++) suspicion[i] += lengths[i] / models.length;
      ctx.progress((run + 1) / models.length);
    }
    return { suspicion };
  },
  ...bySuspicion,
});

/** |p - y|, [batch]; 1 - p of the label is the sum of the others, which does not round to 0. */
function errorLength(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const others = tf.mul(tf.softmax(logits), tf.sub(1, labels));
  const doubt = tf.sum(others, -1);
  return tf.sqrt(tf.add(tf.square(doubt), tf.sum(tf.square(others), -1)));
}
