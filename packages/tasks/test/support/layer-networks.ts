import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { defineModel, type Forward, openTask, type Task, type TaskData, type TaskSpec } from '../../src/index.js';
import { imageData, tokenData } from './image-data.js';
import { moduleOf } from './own-models.js';
import { allRows, checkpointOf, contextOf, runSeed, specOf, uncancelled } from './tasks.js';

const perChannel = (x: tf.Tensor) => tf.mean(x, [1, 2]);
const classes = 3;

/** Networks with each kind of layer, and the data they are for. */
export const networks: Readonly<
  Record<string, { readonly forward: Forward; readonly data: TaskData; readonly stackable?: boolean }>
> = {
  'batch norm of inputs': {
    data: tokenData(3, 5),
    stackable: true,
    forward: (nn, x) => nn.dense('fc', tf.tanh(nn.batchNorm('norm', x, { momentum: 0.25 })), classes),
  },
  depthwise: {
    data: imageData([7, 5, 2]),
    forward: (nn, x) => {
      const h = tf.tanh(nn.depthwiseConv2d('depth1', x, { kernel: 3, multiplier: 3 }));
      const wide = nn.depthwiseConv2d('depth2', h, { kernel: 2, stride: 2, padding: 'valid', bias: false });
      return nn.dense('fc', perChannel(tf.tanh(wide)), classes);
    },
  },
  transposed: {
    data: imageData([4, 3, 2]),
    forward: (nn, x) => {
      const same = tf.tanh(nn.conv2dTranspose('up1', x, { filters: 3, kernel: 3, stride: 2 }));
      const valid = tf.tanh(nn.conv2dTranspose('up2', same, { filters: 2, kernel: 2, padding: 'valid', bias: false }));
      const padded = nn.conv2dTranspose('up3', valid, { filters: 4, kernel: 4, stride: 2, padding: 1 });
      return nn.dense('fc', perChannel(tf.square(padded)), classes);
    },
  },
  embedding: {
    data: tokenData(4, 6),
    stackable: true,
    forward: (nn, x) => {
      const words = nn.embedding('words', x, { count: 6, width: 3 });
      const [first] = tf.split(x, [1, 3], -1);
      const start = tf.mean(nn.embedding('first', first, { count: 6, width: 2 }), -2);
      return nn.dense('fc', tf.concat([tf.mean(tf.tanh(words), -2), start], -1), classes);
    },
  },
  'batch norm of images': {
    data: imageData([5, 4, 2]),
    forward: (nn, x) => {
      const h = tf.tanh(nn.batchNorm('norm1', nn.conv2d('conv', x, { filters: 3, kernel: 3, bias: false })));
      return nn.dense('fc', perChannel(tf.square(nn.batchNorm('norm2', h, { momentum: 0.3 }))), classes);
    },
  },
  'batch norm of vectors': {
    data: tokenData(5, 4),
    stackable: true,
    forward: (nn, x) => {
      const h = nn.batchNorm('norm', nn.dense('fc1', x, 12, { bias: false }));
      return nn.dense('fc2', tf.tanh(nn.groupNorm('group', h, 2)), classes);
    },
  },
  dropout: {
    data: tokenData(5, 4),
    stackable: true,
    forward: (nn, x) => {
      const h = nn.dropout('drop1', tf.tanh(nn.dense('fc1', nn.dropout('drop0', x, 0), 8)), 0.25);
      return nn.dense('fc2', nn.dropout('drop2', h, 0.5), classes);
    },
  },
  everything: {
    data: imageData([6, 6, 1]),
    forward: (nn, x) => {
      const h = tf.tanh(nn.batchNorm('norm1', nn.conv2d('conv', x, { filters: 4, kernel: 3, stride: 2 })));
      const depth = tf.tanh(nn.groupNorm('norm2', nn.depthwiseConv2d('depth', h, { kernel: 3 }), 2));
      const up = nn.conv2dTranspose('up', nn.dropout('drop1', depth, 0.2), { filters: 2, kernel: 3, stride: 2 });
      const brightest = nn.embedding('brightest', tf.floor(tf.mul(tf.max(x, [1, 2]), 3.99)), { count: 4, width: 2 });
      const features = tf.concat([perChannel(tf.tanh(up)), tf.reshape(brightest, [x.shape[0], 2])], 1);
      return nn.dense('fc', nn.dropout('drop2', features, 0.5), classes);
    },
  },
};
export const layerNames = Object.keys(networks);
const ids = (name: string) => `layers-${layerNames.indexOf(name)}`;

export function specFor(name: string, model: Record<string, unknown> = {}): TaskSpec {
  const { forward, stackable = false } = networks[name];
  const own = defineModel({
    id: ids(name),
    title: name,
    kind: 'classifier',
    params: {},
    stackable,
    recipe: { epochs: 3, batch: 4, lr: 0.1 },
    network: () => forward,
  });
  return specOf({ data: { use: 'fashion-mnist' }, model: { use: moduleOf(own), ...model }, target: 'margin' });
}
export const open = (
  name: string,
  model: Record<string, unknown> = {},
  data = networks[name].data,
  engine = onnxEngine,
): Promise<Task> => openTask(specFor(name, model), data, engine);
export const trained = async (task: Task, seed = runSeed(0)): Promise<Float32Array> =>
  (await task.train({ runs: [{ seed }], cancel: uncancelled }))[0].parameters;
export const gradientsOf = async (task: Task, parameters: Float32Array, output: 'target' | 'loss' = 'target') => {
  const checkpoint = checkpointOf(parameters);
  return (await allRows(contextOf(task, [checkpoint]).gradients({ of: 'train', checkpoint, output }))).data;
};
