import type { Tensors } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import type { TaskData } from '../data/task-data.js';
import type { PassInputs, Subject } from '../passes/pass.js';
import type { Batches } from '../training/augmentation.js';
import type { Objective } from '../training/objective.js';
import type { Replayable } from '../training/replay.js';
import { oneHot } from './one-hot.js';

export function classifierReplayable(
  subject: Subject,
  objective: Objective,
  data: TaskData,
  batches: Batches,
): Replayable {
  const { queryInputs, queryLabels, inputShape, classes } = data;
  const queries = queryLabels.length;
  return {
    network: subject.network,
    objective,
    loss: subject.outputFunction('loss'),
    target: subject.outputFunction('target'),
    batch(step: Tensors): PassInputs {
      const { batch } = objective.recipe;
      const rows = tf.reshape(step.rows, [batch]) as tf.Tensor1D;
      return { x: tf.reshape(batches.inputs(step), [batch, ...inputShape]), reference: tf.gather(step.labels, rows) };
    },
    queries: (step) => ({ x: step.queryInputs, reference: step.queryLabels }),
    shared: { queryInputs, queryLabels: oneHot(queryLabels, classes) },
    sharedSpecs: {
      queryInputs: { shape: [queries, ...inputShape], dtype: 'float32' },
      queryLabels: { shape: [queries, classes], dtype: 'float32' },
    },
  };
}
