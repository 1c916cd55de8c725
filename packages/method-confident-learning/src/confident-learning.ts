import {
  bool,
  bySuspicion,
  type Checkpoint,
  choice,
  defineMethod,
  int,
  type MethodContext,
} from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import { adjusted, offDiagonal, suspicionOf } from './label-quality.js';

/**
 * Label quality scores of confident learning (Northcutt et al. 2021; Kuan and Mueller 2022): how little the predicted
 * probabilities of a training point speak for its label, and whether the confident joint counts it under another one.
 */
export default defineMethod({
  id: 'confident-learning',
  title: 'Confident learning',
  family: 'complexity',
  origin: 'adapted',
  cite: 'Northcutt et al. 2021, arXiv:1911.00068',
  revision: 1,
  scoreShape: 'global',
  tasks: ['classifier'],
  needs: ['checkpoints', 'labels'],
  params: {
    quality: choice(['self-confidence', 'normalised-margin', 'confidence-weighted-entropy'], {
      default: 'self-confidence',
      search: ['self-confidence', 'normalised-margin', 'confidence-weighted-entropy'],
      help: 'by what points are ranked: p of the label, its lead over the other classes, or the entropy of p over it',
    }),
    adjust: bool({
      default: false,
      search: [false, true],
      help: 'take the mean confidence of each class from its probabilities first, so that hard classes do not stand out',
    }),
    jointFirst: bool({
      default: false,
      search: [false, true],
      help: 'rank the points that the confident joint counts under another label before all others',
    }),
    checkpoints: int({
      default: 1,
      min: 1,
      search: [1, 3, 10],
      help: 'independently trained models whose probabilities are averaged',
    }),
  },
  expectSignal: false,
  uses: ({ checkpoints }) => ({ checkpoints }),
  adapted: () => 'probabilities of points that the models were trained on, in place of those by cross-validation',
  async fit(ctx, { quality, adjust, jointFirst }) {
    const labels = ctx.labels('train');
    const { classes } = ctx.task;
    const probabilities = await meanProbabilities(ctx);
    const suspicion = suspicionOf(adjust ? adjusted(probabilities, labels, classes) : probabilities, labels, quality);
    // Suspicions lie between 0 and 1.
    if (jointFirst) for (const point of offDiagonal(probabilities, labels, classes)) suspicion[point] += 1;
    return { suspicion };
  },
  ...bySuspicion,
});

/** Probabilities of every class for every training point, the mean over models, [train × classes]. */
async function meanProbabilities(ctx: MethodContext<'checkpoints'>): Promise<Float64Array> {
  const { train, classes } = ctx.task;
  const mean = new Float64Array(train * classes);
  const add = async (checkpoint: Checkpoint, label: number) => {
    const values = await ctx.outputs({ of: 'train', checkpoint, output: probabilityOf(label) });
    for (let i = 0; i < train; i++) mean[i * classes + label] += values[i] / ctx.checkpoints.length;
  };
  for (const [model, checkpoint] of ctx.checkpoints.entries())
    for (let label = 0; label < classes; label++) {
      ctx.signal.throwIfAborted();
      await add(checkpoint, label);
      ctx.progress((model + (label + 1) / classes) / ctx.checkpoints.length);
    }
  return mean;
}

const probabilityOf = (label: number) => (logits: tf.Tensor) =>
  tf.squeeze(tf.slice(tf.softmax(logits), [0, label], [-1, 1]), [1]);
