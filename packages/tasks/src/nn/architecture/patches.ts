import * as tf from '@tensorflow/tfjs';

/** Which pixels of its input each output position of a convolution sees. */
export interface Patches {
  /** [height, width, channels] */
  readonly input: readonly [number, number, number];
  /** [height, width] */
  readonly output: readonly [number, number];
  readonly kernel: number;
  readonly stride: number;
  /** Zeros before the first and after the last row, before the first and after the last column. */
  readonly pads: readonly [number, number, number, number];
}

/** The inputs of each position, [batch × positions × (kernel · kernel · channels)], of images [batch × ...input]. */
export function patchesOf(patches: Patches, x: tf.Tensor): tf.Tensor {
  const { output, kernel, input } = patches;
  const [rows, columns] = output;
  return tf.reshape(tf.concat(pixelsOf(patches, x), 3), [x.shape[0], rows * columns, kernel * kernel * input[2]]);
}

/** For each place in the filter, row by row, the pixels that the positions see there, [batch × ...output × channels]. */
export function pixelsOf({ output, kernel, stride, pads, input }: Patches, x: tf.Tensor): tf.Tensor[] {
  const [rows, columns] = output;
  const batch = x.shape[0];
  const padded = tf.pad(x, [
    [0, 0],
    [pads[0], pads[1]],
    [pads[2], pads[3]],
    [0, 0],
  ]);
  const reach = (positions: number) => (positions - 1) * stride + 1;
  const parts: tf.Tensor[] = [];
  for (let y = 0; y < kernel; y++) {
    for (let x = 0; x < kernel; x++) {
      const begin = [0, y, x, 0];
      const end = [batch, y + reach(rows), x + reach(columns), input[2]];
      parts.push(tf.stridedSlice(padded, begin, end, [1, stride, stride, 1]));
    }
  }
  return parts;
}

/**
 * Columns [from, to) of the same without a graph; the column after the last is 1.
 * @param images [batch × ...input]
 * @param into filled, [batch · positions × (to - from)]
 */
export function fillPatchColumns(
  patches: Patches,
  images: Float32Array,
  from: number,
  to: number,
  into: Float32Array,
): void {
  const { output, kernel, stride, pads } = patches;
  const [height, width, channels] = patches.input;
  const [rows, columns] = output;
  const batch = images.length / (height * width * channels);
  const inputs = kernel * kernel * channels;
  const wide = to - from;
  into.fill(0);
  for (let begin = from; begin < Math.min(to, inputs); ) {
    const tap = Math.floor(begin / channels);
    const end = Math.min(to, (tap + 1) * channels);
    const shiftY = Math.floor(tap / kernel) - pads[0];
    const shiftX = (tap % kernel) - pads[2];
    for (let image = 0; image < batch; image++) {
      for (let y = 0; y < rows; y++) {
        const row = y * stride + shiftY;
        if (row < 0 || row >= height) continue;
        for (let x = 0; x < columns; x++) {
          const column = x * stride + shiftX;
          if (column < 0 || column >= width) continue;
          const source = ((image * height + row) * width + column) * channels - tap * channels;
          const place = ((image * rows + y) * columns + x) * wide - from;
          for (let i = begin; i < end; i++) into[place + i] = images[source + i];
        }
      }
    }
    begin = end;
  }
  if (to > inputs) for (let i = wide - 1; i < into.length; i += wide) into[i] = 1;
}
