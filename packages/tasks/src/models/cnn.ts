import { choice, int, list } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import { activationNames, activations } from '../nn/functions/activations.js';
import { pixelParams, standardisedPixels } from '../nn/functions/images.js';
import { augmentationParams } from '../training/augmentation.js';
import { defineModel } from './model.js';

/**
 * Convolutions conv1, conv2, ..., each followed by 2×2 pooling and an activation, then dense layers. Max pooling comes
 * before the activation, which costs a quarter and is the same where it is monotone; average pooling after it.
 */
export const cnn = defineModel({
  id: 'cnn',
  title: 'Convolutional network',
  kind: 'classifier',
  params: {
    channels: list(int({ min: 1, max: 4096, help: 'filters' }), {
      default: [16, 32],
      help: 'filters of each convolution',
    }),
    kernel: int({ default: 3, min: 1, max: 31, help: 'side of the filters, pixels' }),
    pooling: choice(['max', 'average'], { default: 'max', help: 'of 2×2 pixels after each convolution' }),
    hidden: list(int({ min: 1, max: 65_536, help: 'units' }), {
      default: [],
      help: 'units of dense layers before the last',
    }),
    activation: choice(activationNames, { default: 'relu', help: 'between the layers' }),
    ...pixelParams,
    ...augmentationParams,
  },
  recipe: { epochs: 5, lr: 0.05 },
  network({ channels, kernel, pooling, hidden, activation, mean, std }, { inputShape, outputs }) {
    const act = activations[activation];
    const standardised = standardisedPixels(inputShape, { mean, std });
    const pooledAndActivated = (x: tf.Tensor): tf.Tensor =>
      pooling === 'max'
        ? act(tf.maxPool(x as tf.Tensor4D, 2, 2, 'same'))
        : tf.avgPool(act(x) as tf.Tensor4D, 2, 2, 'same');
    return (nn, x) => {
      const images = channels.reduce(
        (h, filters, l) => pooledAndActivated(nn.conv2d(`conv${l + 1}`, h, { filters, kernel })),
        standardised(x),
      );
      const flat = tf.reshape(images, [x.shape[0], -1]);
      const last = hidden.reduce((h, units, l) => act(nn.dense(`fc${l + 1}`, h, units)), flat);
      return nn.dense(`fc${hidden.length + 1}`, last, outputs);
    };
  },
});
