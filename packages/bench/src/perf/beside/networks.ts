import { convolutionalTasks } from '../convolutional.js';
import { drawnTask, measuredTask, measuredTasks, type PreparedTask } from '../tasks.js';
import { unetTask } from '../unet.js';
import type { ComparedName } from './names.js';

/** A network that is trained here and elsewhere. */
export interface ComparedNetwork {
  /** How many models are trained in one measurement; several are retrained on subsets, as a ground truth is. */
  readonly models: number;
  readonly unit: 'samples/s' | 'models/s';
  /** How many models the other side also trains at once; 0: none. */
  readonly stacked: number;
  prepare(): Promise<PreparedTask>;
}

const stackedModels = 64;
const retrained = {
  id: 'small-mlp',
  data: { use: 'digits', train: 450, queries: 10 },
  model: { use: 'mlp', hidden: [32], epochs: 20, batch: 64 },
};
const one = { models: 1, unit: 'samples/s', stacked: 0 } as const;

export const comparedNetworks: Readonly<Record<ComparedName, ComparedNetwork>> = {
  'mlp-784-128-10': { ...one, prepare: () => measuredTask(measuredTasks['mlp 784-128-10']) },
  'mlp-64-32-10': {
    models: stackedModels,
    unit: 'models/s',
    stacked: stackedModels,
    prepare: () => measuredTask(retrained),
  },
  'cnn-16-32-average': classifier('cnn 16-32, average pooling'),
  'cnn-16-32-max': classifier('cnn 16-32, max pooling'),
  'resnet9-plain': classifier('resnet9, no normalisation'),
  'resnet9-group-norm': classifier('resnet9, group normalisation'),
  'unet-8-16-16': unet([8, 16, 16]),
  'unet-16-32-32': unet([16, 32, 32]),
  'unet-32-64-64': unet([32, 64, 64]),
};

function classifier(name: keyof typeof convolutionalTasks): ComparedNetwork {
  const { model, inputShape, train } = convolutionalTasks[name];
  return { ...one, prepare: async () => drawnTask(model, inputShape, train) };
}

function unet(channels: readonly number[]): ComparedNetwork {
  return { ...one, prepare: async () => unetTask(channels) };
}
