import type { OutputFunction } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import { type Task, type TaskData, type TaskSpec, targets } from '../../src/index.js';
import { unpacked } from '../../src/nn/architecture/flat.js';
import { withParameters } from '../../src/nn/interpreters/apply.js';
import { declareNetwork } from '../../src/nn/interpreters/declare.js';
import { networkOf } from '../../src/parts.js';
import { checkpointOf, contextOf } from './tasks.js';

/** Gradient of one training sample at a time by `tf.grads` on the pure JavaScript backend, [train × p]. */
export async function singleSampleGradients(
  spec: TaskSpec,
  data: TaskData,
  parameters: Float32Array,
): Promise<Float32Array> {
  await tf.setBackend('cpu');
  const { inputShape, classes } = data;
  const network = networkOf(spec.model, { inputShape, outputs: classes });
  const architecture = declareNetwork(network, inputShape);
  const target = targets[spec.target.use].output as OutputFunction;
  const rows = new Float32Array(data.labels.length * architecture.size);
  const dims = data.inputs.length / data.labels.length;
  for (const [i, label] of data.labels.entries()) {
    tf.tidy(() => {
      const x = tf.tensor(data.inputs.subarray(i * dims, (i + 1) * dims), [1, ...inputShape]);
      const reference = tf.oneHot(tf.tensor1d([label], 'int32'), classes).toFloat();
      const flat = unpacked(architecture.arrays, parameters);
      const tensors = Object.fromEntries(
        architecture.arrays.map(({ name, shape }) => [name, tf.tensor(flat[name], [...shape])]),
      );
      const gradients = tf.grads((...given: tf.Tensor[]) => {
        const named = Object.fromEntries(architecture.parameters.map(({ name }, p) => [name, given[p]]));
        return tf.sum(target(network.forward(withParameters({ ...tensors, ...named }), x), reference));
      })(architecture.parameters.map(({ name }) => tensors[name]));
      for (const [p, { offset }] of architecture.parameters.entries()) {
        rows.set(gradients[p].dataSync(), i * architecture.size + offset);
      }
    });
  }
  return rows;
}

/**
 * Central differences of the target of each training point by every so-manieth parameter, and the same entries of rows
 * [train × p].
 */
export async function targetDifferences(
  task: Task,
  parameters: Float32Array,
  rows: Float32Array,
  h = 5e-3,
  wanted = 60,
): Promise<{ readonly found: number[]; readonly expected: number[] }> {
  const { parameters: p, train } = task.info;
  const step = Math.ceil(p / wanted);
  const [found, expected]: [number[], number[]] = [[], []];
  for (let i = 0; i < p; i += step) {
    const values = async (by: number) => {
      const checkpoint = checkpointOf(parameters.map((value, at) => (at === i ? value + by : value)));
      return contextOf(task, [checkpoint]).outputs({ of: 'train', checkpoint, output: 'target' });
    };
    const [above, below] = [await values(h), await values(-h)];
    for (let row = 0; row < train; row++) {
      found.push(rows[row * p + i]);
      expected.push((above[row] - below[row]) / (2 * h));
    }
  }
  return { found, expected };
}
