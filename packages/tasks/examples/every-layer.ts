import { int, num } from '@attribution-bench/contract';
import { activations, defineModel } from '@attribution-bench/tasks';
import * as tf from '@tensorflow/tfjs';

/**
 * A model of one's own with every kind of layer, as an example of how to write one and not of how to classify: an
 * encoder of convolutions, a decoder of a transposed one, and what is embedded of how bright the image is. Images may come
 * flat if they are square.
 */
export default defineModel({
  id: 'every-layer',
  title: 'Every kind of layer',
  kind: 'classifier',
  params: {
    channels: int({ default: 8, min: 2, max: 1024, help: 'filters of the first convolution; even' }),
    rate: num({ default: 0.1, min: 0, max: 0.9, help: 'share of features that training drops' }),
  },
  recipe: { epochs: 15, batch: 32, optimizer: 'adam', lr: 0.01 },
  network({ channels, rate }, { inputShape, outputs }) {
    const side = Math.round(Math.sqrt(inputShape[0]));
    const [height, width, colours] = inputShape.length === 3 ? inputShape : [side, side, 1];
    const shades = 16;
    return (nn, x) => {
      const batch = x.shape[0];
      const images = tf.reshape(x, [batch, height, width, colours]);
      const coarse = nn.conv2d('encode', images, { filters: channels, kernel: 3, stride: 2, bias: false });
      const encoded = activations.relu(nn.batchNorm('encode.norm', coarse));
      const spread = nn.depthwiseConv2d('spread', encoded, { kernel: 3, multiplier: 2 });
      const normed = activations.silu(nn.groupNorm('spread.norm', spread, 2));
      const decoded = activations.relu(
        nn.conv2dTranspose('decode', normed, { filters: channels, kernel: 3, stride: 2 }),
      );
      const features = tf.reshape(tf.maxPool(decoded as tf.Tensor4D, 2, 2, 'same'), [batch, -1]);
      const shade = tf.clipByValue(tf.floor(tf.mul(tf.mean(images, [1, 2, 3]), shades)), 0, shades - 1);
      const joined = tf.concat([features, nn.embedding('shade', shade, { count: shades, width: 4 })], 1);
      return nn.dense('classes', nn.dropout('drop', joined, rate), outputs);
    };
  },
});
