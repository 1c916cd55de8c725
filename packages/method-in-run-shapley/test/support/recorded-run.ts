import type { LayerFactors, ReplayedStep, ReplayRequest } from '@attribution-bench/contract';
import { readNpy } from '@attribution-bench/testkit';
import * as tf from '@tensorflow/tfjs';

export const read = (name: string) => readNpy(new URL(`../fixtures/inrun-shapley/${name}.npy`, import.meta.url));
export const lr = 0.3;
export const batchSize = 8;

type Weights = readonly [w1: tf.Tensor2D, b1: tf.Tensor1D, w2: tf.Tensor2D, b2: tf.Tensor1D];
interface Points {
  readonly x: tf.Tensor2D;
  /** one-hot */
  readonly y: tf.Tensor2D;
}

const matrix = (name: string) => {
  const { shape, data } = read(name);
  return tf.tensor2d(Float32Array.from(data), shape as [number, number]);
};
const points = (set: string): Points => ({
  x: matrix(`x_${set}`),
  y: tf.oneHot(tf.tensor1d(Int32Array.from(read(`y_${set}`).data), 'int32'), 10) as tf.Tensor2D,
});

/** The recorded run, as a context's replay gives it: forward, backward and tangents written out for this network. */
export async function* recordedRun({ emit }: ReplayRequest): AsyncGenerator<ReplayedStep> {
  await tf.setBackend('cpu');
  const [train, queries] = [points('train'), points('val')];
  const batches = read('batches');
  let weights: Weights = [
    tf.transpose(matrix('init_fc1_weight')),
    tf.tensor1d(Float32Array.from(read('init_fc1_bias').data)),
    tf.transpose(matrix('init_fc2_weight')),
    tf.tensor1d(Float32Array.from(read('init_fc2_bias').data)),
  ];
  for (let step = 0; step < batches.shape[0]; step++) {
    const batch = Int32Array.from(batches.data.subarray(step * batchSize, (step + 1) * batchSize));
    const rows = tf.tensor1d(batch, 'int32');
    const own = pass(weights, { x: tf.gather(train.x, rows), y: tf.gather(train.y, rows) });
    const gradients = meanGradients(own);
    const emitted = emit({
      batch: factors(own.x, own.h, 1, tf.div(own.delta1, batchSize), tf.div(own.delta2, batchSize)),
      mask: tf.ones([batchSize]),
      ...queryFactors(weights, gradients, queries),
      preconditioner: [tf.ones([65, 16]), tf.ones([17, 10])],
      preconditioned: false,
      learningRate: tf.scalar(lr),
    });
    yield {
      step,
      batch,
      learningRate: lr,
      momentum: 0,
      weightDecay: 0,
      emitted: Object.fromEntries(Object.entries(emitted).map(([name, t]) => [name, t.dataSync() as Float32Array])),
    };
    weights = weights.map((weight, i) => tf.sub(weight, tf.mul(gradients[i], lr))) as unknown as Weights;
  }
}

/** Gradients of the cross-entropy of each point by the outputs of both layers, and what led to them. */
function pass([w1, b1, w2, b2]: Weights, { x, y }: Points) {
  const z = tf.add(tf.matMul(x, w1), b1);
  const active = tf.cast(tf.greater(z, 0), 'float32');
  const h = tf.relu(z) as tf.Tensor2D;
  const probabilities = tf.softmax(tf.add(tf.matMul(h, w2), b2)) as tf.Tensor2D;
  const delta2 = tf.sub(probabilities, y) as tf.Tensor2D;
  const delta1 = tf.mul(tf.matMul(delta2, w2, false, true), active) as tf.Tensor2D;
  return { x, h, active, probabilities, delta1, delta2 };
}

function meanGradients({ x, h, delta1, delta2 }: ReturnType<typeof pass>): Weights {
  const mean = (input: tf.Tensor2D, delta: tf.Tensor2D) =>
    tf.div(tf.matMul(input, delta, true), input.shape[0]) as tf.Tensor2D;
  return [mean(x, delta1), tf.mean(delta1, 0), mean(h, delta2), tf.mean(delta2, 0)];
}

/** Factors of the negated cross-entropy of the queries and their derivatives along a direction. */
function queryFactors(weights: Weights, [w1, b1, w2, b2]: Weights, points: Points) {
  const { x, h, active, probabilities, delta1, delta2 } = pass(weights, points);
  const hTangent = tf.mul(tf.add(tf.matMul(x, w1), b1), active) as tf.Tensor2D;
  const logits = tf.add(tf.add(tf.matMul(hTangent, weights[2]), tf.matMul(h, w2)), b2);
  const slope = tf.sum(tf.mul(probabilities, logits), 1, true);
  const tangent2 = tf.mul(probabilities, tf.sub(logits, slope)) as tf.Tensor2D;
  const tangent1 = tf.mul(
    tf.add(tf.matMul(tangent2, weights[2], false, true), tf.matMul(delta2, w2, false, true)),
    active,
  );
  return {
    queries: factors(x, h, 1, tf.neg(delta1), tf.neg(delta2)),
    queryTangents: factors(tf.zerosLike(x), hTangent, 0, tf.neg(tangent1), tf.neg(tangent2)),
  };
}

function factors(x: tf.Tensor, h: tf.Tensor, last: 0 | 1, delta1: tf.Tensor, delta2: tf.Tensor): LayerFactors[] {
  const withLast = (input: tf.Tensor) => tf.concat([input, tf.fill([input.shape[0], 1], last)], 1);
  return [
    { layer: 'fc1', input: withLast(x), delta: delta1 },
    { layer: 'fc2', input: withLast(h), delta: delta2 },
  ];
}
