import { bySuspicion, choice, defineMethod, int, overTimesteps, timestepsParams } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';

/**
 * How badly a model fits a point that it was trained on: its loss, or its margin negated. Averaged over models along the
 * training run, the margin is the area under the margin of Pleiss et al. 2020 (equation 1).
 */
export default defineMethod({
  id: 'self-loss',
  title: 'Self loss',
  family: 'complexity',
  origin: 'baseline',
  cite: 'margin: Pleiss et al. 2020, arXiv:2001.10528',
  revision: 1,
  scoreShape: 'global',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['checkpoints', 'trajectory'],
  params: {
    score: choice(['loss', 'margin'], {
      default: 'loss',
      search: ['loss', 'margin'],
      help: 'training loss, or by how much the logit of the label exceeds the largest other one, negated',
    }),
    models: int({
      default: 1,
      min: 1,
      search: [1, 5, 20],
      help: 'models along the training run that are averaged; 1: the final one',
    }),
    timesteps: {
      ...timestepsParams.timesteps,
      help: 'generators: noise levels over which the loss of a point is averaged',
    },
  },
  expectSignal: false,
  uses: ({ models }) => ({ trajectory: models }),
  supports: ({ kind }, { score }) =>
    score === 'loss' || kind === 'classifier' || 'the margin is that of a classifier: set score to loss',
  async fit(ctx, { score, timesteps }) {
    const suspicion = new Float64Array(ctx.task.train);
    for (const [index, checkpoint] of ctx.trajectory.entries()) {
      ctx.signal.throwIfAborted();
      const values = await ctx.outputs({
        of: 'train',
        checkpoint,
        output: score === 'loss' ? 'loss' : negativeMargin,
        ...overTimesteps(ctx.task, timesteps),
      });
      for (let i = 0; i < suspicion.length; i++) suspicion[i] += values[i] / ctx.trajectory.length;
      ctx.progress((index + 1) / ctx.trajectory.length);
    }
    return { suspicion };
  },
  ...bySuspicion,
});

/** Largest logit of the other classes less that of the label, [batch]. */
function negativeMargin(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const own = tf.sum(tf.mul(logits, labels), -1);
  return tf.sub(tf.max(tf.sub(logits, tf.mul(labels, 1e30)), -1), own);
}
