import { bySuspicion, defineMethod, type ReplayStep } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';

/**
 * Forgetting events (Toneva et al. 2019, section 3 and algorithm 1): how often a point that the model classified rightly
 * when it was last in a batch is classified wrongly when it is in one again, before the step. A point that is never
 * classified rightly counts as forgotten in every epoch.
 */
export default defineMethod({
  id: 'forgetting',
  title: 'Forgetting',
  family: 'complexity',
  origin: 'published',
  cite: 'Toneva et al. 2019, arXiv:1812.05159',
  revision: 1,
  scoreShape: 'global',
  tasks: ['classifier'],
  needs: ['trajectory'],
  params: {},
  expectSignal: false,
  supports: ({ layers }) => layers.at(-1)?.kind === 'dense' || 'needs a model that ends with a dense layer',
  async fit(ctx) {
    const { train, epochs, batch } = ctx.task;
    const steps = epochs * Math.ceil(train / batch);
    const history = newHistory(train);
    for await (const step of ctx.replay({ emit: (step) => ({ correct: correctness(step) }) })) {
      ctx.signal.throwIfAborted();
      recordBatch(history, step.batch, step.emitted.correct);
      ctx.progress((step.step + 1) / steps);
    }
    return { suspicion: forgettingCounts(history, epochs) };
  },
  ...bySuspicion,
});

/**
 * 1 where the label has the largest probability, [batch]. The derivative of a sample's share of the batch's mean loss by its
 * logits is (p - y) / |B|, so its smallest entry belongs to the label and holds p - 1, its largest one the largest other p.
 */
function correctness({ batch, mask }: ReplayStep): tf.Tensor {
  const { delta } = batch[batch.length - 1];
  const error = tf.mul(delta, tf.sum(mask));
  return tf.cast(tf.greaterEqual(tf.add(tf.min(error, 1), 1), tf.max(error, 1)), 'float32');
}

/** What is known of each point so far, [points] each. */
export interface History {
  /** Whether it was classified rightly when it was last in a batch. */
  readonly known: Uint8Array;
  /** Whether it ever was. */
  readonly learnt: Uint8Array;
  readonly forgotten: Float64Array;
}

export function newHistory(points: number): History {
  return { known: new Uint8Array(points), learnt: new Uint8Array(points), forgotten: new Float64Array(points) };
}

/**
 * Takes in one batch.
 * @param points who is in it, -1 for padding
 * @param correct 1 where the point is classified rightly
 */
export function recordBatch({ known, learnt, forgotten }: History, points: Int32Array, correct: Float32Array): void {
  for (const [place, point] of points.entries()) {
    if (point < 0) continue;
    const now = correct[place] === 1 ? 1 : 0;
    if (known[point] > now) forgotten[point]++;
    known[point] = now;
    learnt[point] |= now;
  }
}

/** Forgetting events of each point; `epochs` where it was never learnt. */
export function forgettingCounts({ learnt, forgotten }: History, epochs: number): Float64Array {
  return forgotten.map((count, point) => (learnt[point] === 1 ? count : epochs));
}
