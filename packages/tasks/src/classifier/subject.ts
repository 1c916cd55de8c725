import { type Output, type OutputFunction, sizeOf } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { TaskData } from '../data/task-data.js';
import { declareNetwork } from '../nn/interpreters/declare.js';
import { networkOf, partOf } from '../parts.js';
import type { Pass, Subject } from '../passes/pass.js';
import { paddedRows } from '../passes/row-ranges.js';
import type { TaskSpec } from '../spec.js';
import { crossEntropy } from '../targets/cross-entropy.js';
import { oneHot } from './one-hot.js';

/** A classifier's network and points: each point is one row, compared with its one-hot label. */
export function classifierSubject(spec: TaskSpec, data: TaskData): Subject {
  const { inputShape, classes } = data;
  const network = networkOf(spec.model, { inputShape, outputs: classes });
  const dims = sizeOf(inputShape);
  const target = partOf('target', spec.target).output;
  const sets = {
    train: { inputs: data.inputs, labels: oneHot(data.labels, classes), count: data.labels.length },
    queries: { inputs: data.queryInputs, labels: oneHot(data.queryLabels, classes), count: data.queryLabels.length },
  };
  const pass: Pass = {
    positions: 1,
    specs: (samples) => ({
      x: { shape: [samples, ...inputShape], dtype: 'float32' },
      labels: { shape: [samples, classes], dtype: 'float32' },
    }),
    inputs: (feeds) => ({ x: feeds.x, reference: feeds.labels }),
    feeds: (of, start, count, samples) => ({
      x: paddedRows(sets[of].inputs, dims, start, count, samples),
      labels: paddedRows(sets[of].labels, classes, start, count, samples),
    }),
  };
  return {
    network,
    architecture: declareNetwork(network, inputShape),
    count: (of) => sets[of].count,
    pass: () => pass,
    outputFunction: (output: Output): OutputFunction =>
      output === 'loss' ? crossEntropy : output === 'target' ? target : output,
  };
}

/** logit_y - max_{j≠y} logit_j: above 0 where the classifier is right. */
export const lead: OutputFunction = (logits, labels) => {
  const own = tf.sum(tf.mul(logits, labels), -1);
  return tf.sub(own, tf.max(tf.sub(logits, tf.mul(labels, 1e30)), -1));
};
