import { BenchError, list, num } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';

/** Parameters of models that see images: what their pixels are standardised by. */
export const pixelParams = {
  mean: list(num({ help: 'of the pixels' }), {
    default: [0.5],
    help: 'subtracted from the inputs, one number or one per channel',
  }),
  std: list(num({ min: 0, help: 'of the pixels' }), {
    default: [0.5],
    help: 'what they are then divided by, one number or one per channel',
  }),
} as const;

/**
 * Checks that inputs are images that the given means and deviations fit.
 * @returns (x - mean) / std by channel, for x [batch × height × width × channels]
 * @throws BenchError MODEL_SHAPE, MODEL_PIXELS
 */
export function standardisedPixels(
  inputShape: readonly number[],
  { mean, std }: { readonly mean: readonly number[]; readonly std: readonly number[] },
): (x: tf.Tensor) => tf.Tensor {
  if (inputShape.length !== 3) {
    throw new BenchError({
      code: 'MODEL_SHAPE',
      message: `the model takes images [height, width, channels], the inputs of the data set are [${inputShape.join(', ')}]`,
      next: 'use a data set of images, or a model of dense layers such as mlp',
    });
  }
  const channels = inputShape[2];
  for (const [name, values] of Object.entries({ mean, std })) {
    if (values.length === 1 || values.length === channels) continue;
    throw new BenchError({
      code: 'MODEL_PIXELS',
      message: `model.${name} has ${values.length} numbers for images of ${channels} channels`,
      next: `give one number, or ${channels}`,
    });
  }
  if (std.includes(0)) {
    throw new BenchError({
      code: 'MODEL_PIXELS',
      message: 'model.std has a 0, which inputs would be divided by',
      next: 'give 1 to leave a channel as it is',
    });
  }
  const scales = Array.from({ length: channels }, (_, c) => 1 / std[c % std.length]);
  const shifts = scales.map((scale, c) => -mean[c % mean.length] * scale);
  const byChannel = (values: readonly number[]) =>
    new Set(values).size === 1 ? tf.scalar(values[0]) : tf.tensor1d([...values]);
  return (x) => tf.add(tf.mul(x, byChannel(scales)), byChannel(shifts));
}
