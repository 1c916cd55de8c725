import { choice, defineMethod, type LayerFactors, type ReplayStep } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';

/**
 * In-Run Data Shapley (Wang et al. 2024, sections 3 and 4): the Shapley value of each point of a batch B in the change of
 * the query's target f that the optimiser step makes, summed over the steps of one training run. With the target's
 * gradient ∇f and Hessian H before the step, g the gradient of a point's loss and ḡ its mean over the batch:
 * first order  -lr/|B| ∇f·g,  second order in addition  lr²/(2|B|) gᵀHḡ.
 */
export default defineMethod({
  id: 'in-run-shapley',
  title: 'In-Run Data Shapley',
  family: 'gradient',
  origin: 'published',
  cite: 'Wang et al. 2024, arXiv:2406.11011',
  revision: 2,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['trajectory'],
  params: {
    order: choice(['first', 'second'], {
      default: 'first',
      search: ['first', 'second'],
      help: 'of the Taylor expansion of the target in the step; second takes one more pass per step',
    }),
  },
  adapted: ({ kind, optimizer }) => {
    const reasons = [
      optimizer.startsWith('adam') ? 'the paper has plain SGD; the preconditioner of each Adam step is held fixed' : [],
      kind === 'generator'
        ? "each step looks at the queries with one of the target's pairs of time step and noise"
        : [],
    ].flat();
    return reasons.length === 0 ? undefined : reasons.join('; ');
  },
  async score(ctx, { order }) {
    const { train, queries, epochs, batch } = ctx.task;
    const steps = epochs * Math.ceil(train / batch);
    const byPoint = new Float32Array(train * queries);
    const emit = (step: ReplayStep) => ({ values: order === 'first' ? firstOrder(step) : secondOrder(step) });
    for await (const { step, batch, learningRate, emitted } of ctx.replay({ emit, tangent: order === 'second' })) {
      ctx.signal.throwIfAborted();
      addRows(byPoint, batch, emitted.values, -learningRate);
      ctx.progress((step + 1) / steps);
    }
    return transposed(byPoint, train, queries);
  },

  /** First order, of each point on its own loss: Σ over steps of lr/|B| |g|². */
  async selfInfluence(ctx) {
    const scores = new Float32Array(ctx.task.train);
    const emit = (step: ReplayStep) => ({ values: selfInfluence(step) });
    for await (const { batch, emitted } of ctx.replay({ emit })) {
      ctx.signal.throwIfAborted();
      for (const [place, point] of batch.entries()) if (point >= 0) scores[point] += emitted.values[place];
    }
    return scores;
  },
});

/** 1/|B| ∇f·g of every place of the batch and every query, [batch × queries]: values of a step, divided by -lr. */
export function firstOrder(step: ReplayStep): tf.Tensor {
  return innerProducts(step, step.queries);
}

/** {@link firstOrder} - lr/(2|B|) gᵀHḡ; the queries' tangents along ḡ hold Hḡ as two pairs per layer. */
export function secondOrder(step: ReplayStep): tf.Tensor {
  const { queries, queryTangents, learningRate } = step;
  const moved = (factor: 'input' | 'delta') =>
    queries.map((layer, l) => ({ ...layer, [factor]: queryTangents[l][factor] }));
  const curvature = tf.add(innerProducts(step, moved('input')), innerProducts(step, moved('delta')));
  return tf.sub(firstOrder(step), tf.mul(curvature, tf.div(learningRate, 2)));
}

/** lr/|B| |g|² of every place of the batch, [batch]. */
function selfInfluence(step: ReplayStep): tf.Tensor {
  const norms = step.batch.map(({ input, delta }, l) => {
    if (!step.preconditioned) return tf.mul(tf.sum(tf.square(input), 1), tf.sum(tf.square(delta), 1));
    const squares = tf.matMul(tf.square(input) as tf.Tensor2D, step.preconditioner[l] as tf.Tensor2D);
    return tf.sum(tf.mul(squares, tf.square(delta)), 1);
  });
  return tf.mul(sum(norms), tf.mul(step.learningRate, tf.sum(step.mask)));
}

/**
 * Inner products of gradients of batch and queries, [batch × queries], without forming a gradient: of two outer products
 * it is the product of the inner products of their factors. Adam's preconditioner D is taken in as ∇f·(D g), which has no
 * such form; the queries' gradients are then formed.
 */
function innerProducts(
  { batch, preconditioner, preconditioned }: ReplayStep,
  queries: readonly LayerFactors[],
): tf.Tensor {
  return sum(
    queries.map(({ input, delta }, l) => {
      if (!preconditioned) return tf.mul(crossProducts(batch[l].input, input), crossProducts(batch[l].delta, delta));
      const scaled = tf.mul(outerProducts(input, delta), preconditioner[l]);
      const gradients = outerProducts(batch[l].input, batch[l].delta);
      return crossProducts(flat(gradients), flat(scaled));
    }),
  );
}

/** Inner products of the rows of two matrices. */
function crossProducts(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, false, true);
}

/** [samples × (in + 1) × out] */
function outerProducts(input: tf.Tensor, delta: tf.Tensor): tf.Tensor {
  return tf.mul(tf.expandDims(input, 2), tf.expandDims(delta, 1));
}

function flat(gradients: tf.Tensor): tf.Tensor {
  const [samples, rows, columns] = gradients.shape;
  return tf.reshape(gradients, [samples, rows * columns]);
}

function sum(tensors: readonly tf.Tensor[]): tf.Tensor {
  return tensors.reduce((total, tensor) => tf.add(total, tensor));
}

/** Adds `factor` times each row of `values` to the row of `sums` that belongs to its training point; -1 is padding. */
function addRows(sums: Float32Array, points: Int32Array, values: Float32Array, factor: number): void {
  const columns = values.length / points.length;
  for (let place = 0; place < points.length; place++) {
    const from = place * columns;
    const to = points[place] * columns;
    if (to < 0) continue;
    for (let c = 0; c < columns; c++) sums[to + c] += factor * values[from + c];
  }
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const flipped = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) flipped[c * rows + r] = matrix[r * columns + c];
  return flipped;
}
