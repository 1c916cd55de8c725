import { choice, int } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { Nn } from '../nn/architecture/layer.js';
import { pixelParams, standardisedPixels } from '../nn/functions/images.js';
import { augmentationParams } from '../training/augmentation.js';
import { defineModel } from './model.js';

type Block = (x: tf.Tensor) => tf.Tensor;
interface Unit {
  /** Filters in multiples of the width. */
  readonly filters: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly activation?: boolean;
}

/**
 * The two networks of nine layers that attribution papers call ResNet-9, with as many parameters as published. Both were
 * published with batch normalisation (`norm: batch`), which ties the points of a batch to each other in training; the
 * default is group normalisation, with which a model is a function of its points one by one.
 */
export const resnet9 = defineModel({
  id: 'resnet9',
  title: 'ResNet-9',
  kind: 'classifier',
  cite: 'Park et al. 2023, arXiv:2303.14186; Deng et al. 2024, arXiv:2410.04555',
  params: {
    variant: choice(['trak', 'dattri'], { default: 'trak', help: 'of the TRAK paper or of the dattri benchmark' }),
    width: int({ default: 64, min: 1, max: 1024, help: 'filters of the first convolution; the others are multiples' }),
    norm: choice(['group', 'batch', 'none'], {
      default: 'group',
      help: 'after each convolution: of groups of channels, of batches as published, or none and a bias instead',
    }),
    groups: int({ default: 32, min: 1, max: 1024, help: 'of channels, in group normalisation' }),
    ...pixelParams,
    ...augmentationParams,
  },
  recipe: { epochs: 10, lr: 0.01, weightDecay: 5e-4 },
  network({ variant, width, norm, groups, mean, std }, { inputShape, outputs }) {
    const standardised = standardisedPixels(inputShape, { mean, std });
    const unitsOf =
      (nn: Nn) =>
      (name: string, { filters, kernel = 3, stride = 1, padding = 1, activation = true }: Unit): Block =>
      (x) => {
        const bias = norm === 'none';
        const convolved = nn.conv2d(name, x, { filters: filters * width, kernel, stride, padding, bias });
        const normed = {
          group: () => nn.groupNorm(`${name}.norm`, convolved, groups),
          batch: () => nn.batchNorm(`${name}.norm`, convolved),
          none: () => convolved,
        }[norm]();
        return activation ? tf.relu(normed) : normed;
      };
    return (nn, x) => {
      const features = forwards[variant](unitsOf(nn))(standardised(x));
      if (variant === 'dattri') return nn.dense('fc', features, outputs);
      return tf.mul(nn.dense('fc', features, outputs, { bias: false }), 0.2);
    };
  },
});

type Units = (name: string, unit: Unit) => Block;

const forwards: Readonly<Record<'trak' | 'dattri', (unit: Units) => Block>> = {
  trak(unit) {
    const residual =
      (name: string, filters: number): Block =>
      (x) =>
        tf.add(x, unit(`${name}b`, { filters })(unit(`${name}a`, { filters })(x)));
    return (x) => {
      const stem = unit('conv2', { filters: 2, kernel: 5, stride: 2, padding: 2 })(unit('conv1', { filters: 1 })(x));
      const wide = unit('conv3', { filters: 4 })(residual('res1', 2)(stem));
      const pooled = tf.maxPool(wide as tf.Tensor4D, 2, 2, 'valid');
      return tf.max(unit('conv4', { filters: 2, padding: 0 })(residual('res2', 4)(pooled)), [1, 2]);
    };
  },
  dattri(unit) {
    const block =
      (name: string, filters: number, stride: number): Block =>
      (x) => {
        const inner = unit(`${name}.conv2`, { filters })(unit(`${name}.conv1`, { filters, stride })(x));
        const shortcut = unit(`${name}.shortcut`, { filters, stride, kernel: 1, padding: 0, activation: false })(x);
        return tf.relu(tf.add(inner, shortcut));
      };
    return (x) => {
      const first = block('layer1', 2, 1)(unit('conv1', { filters: 1 })(x));
      return tf.mean(block('layer3', 8, 2)(block('layer2', 4, 2)(first)), [1, 2]);
    };
  },
};
