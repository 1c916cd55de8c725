import { bool, childSeed, int, Rng } from '@attribution-bench/contract';
import type { Tensors } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import type { Choice } from '../spec.js';
import type { Noise } from './noise.js';

/** Parameters of models whose training images may be varied. Gradients and targets are of the images as they are. */
export const augmentationParams = {
  flip: bool({ default: false, help: 'mirror every other training image left to right, at random' }),
  crop: int({ default: 0, min: 0, max: 64, help: 'shift training images by up to so many pixels, black coming in' }),
} as const;

/** Where the training inputs of a step come from. */
export interface Batches {
  readonly noise?: Noise;
  /** [models × batch × ...inputShape] for the `inputs` of a batch and what `noise` fills. */
  inputs(step: Tensors): tf.Tensor;
}

/**
 * Training batches under the augmentation of a model: each image of each step is shifted and mirrored by its own draw
 * from the run's seed, as torchvision's RandomCrop(padding) and RandomHorizontalFlip do.
 */
export function trainingBatches(model: Choice, inputShape: readonly number[], batch: number): Batches {
  const flip = model.flip === true;
  const crop = (model.crop as number | undefined) ?? 0;
  if (!flip && crop === 0) return { inputs: ({ inputs }) => inputs };
  const [height, width, channels] = inputShape;
  const pixels = height * width;
  return {
    noise: {
      specs: { places: { shape: [batch, pixels], dtype: 'int32' } },
      draw(seed, from = 0) {
        const rng = new Rng(childSeed(seed, 'augmentation'));
        const move = () => ({
          down: rng.below(2 * crop + 1) - crop,
          right: rng.below(2 * crop + 1) - crop,
          mirrored: flip && rng.below(2) === 1,
        });
        for (let image = 0; image < from * batch; image++) move();
        return ({ places }) => {
          for (let image = 0; image < batch; image++) {
            const { down, right, mirrored } = move();
            for (let y = 0; y < height; y++) {
              for (let x = 0; x < width; x++) {
                const row = y + down;
                const column = (mirrored ? width - 1 - x : x) + right;
                const inside = row >= 0 && row < height && column >= 0 && column < width;
                places[image * pixels + y * width + x] = inside ? row * width + column : pixels;
              }
            }
          }
        };
      },
    },
    inputs({ inputs, places }) {
      const [models] = inputs.shape;
      const images = models * batch;
      const taken = tf.reshape(inputs, [images, pixels, channels]);
      const withBlack = tf.concat([taken, tf.zeros([images, 1, channels])], 1);
      const starts = tf.range(0, images * (pixels + 1), pixels + 1, 'int32');
      const global = tf.add(tf.reshape(places, [images, pixels]), tf.reshape(starts, [images, 1]));
      const moved = tf.gather(
        tf.reshape(withBlack, [images * (pixels + 1), channels]),
        tf.reshape(global, [images * pixels]) as tf.Tensor1D,
      );
      return tf.reshape(moved, [models, batch, ...inputShape]);
    },
  };
}
