import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { type KernelCase, type Operand, float as wide } from './compare.js';

type Padding = 'same' | 'valid' | number;

/** Small numbers: sums over many of them stay near 1, where finite differences are exact enough. */
const float = (shape: readonly number[], low = -0.5, high = 0.5): Operand => wide(shape, low, high);

/** Neighbours differ by more than what is added to them, so that small steps do not move a maximum. */
const apart = (x: Tensor): Tensor => {
  const [, height, width] = x.shape;
  const places = Array.from({ length: height * width }, (_, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    return 1.2 * ((row % 3) * 3 + (column % 3));
  });
  return tf.add(x, tf.tensor(places, [1, height, width, 1]));
};

const images = float([2, 6, 5, 3]);

const convolution = (
  name: string,
  filter: readonly [number, number, number, number],
  strides: number | [number, number],
  pad: Padding,
  x: Operand = images,
): KernelCase => ({
  name: `conv2d ${name} [${filter}] stride ${strides} ${pad}`,
  operands: { x, w: float(filter) },
  fn: ({ x, w }) => tf.square(tf.conv2d(x as Tensor4D, w as Tensor4D, strides, pad)),
});

const transposed = (filter: [number, number, number, number], strides: number, pad: 'same' | 'valid'): KernelCase => {
  const size = (length: number) => (pad === 'same' ? 4 * strides : 3 * strides + length);
  return {
    name: `conv2dTranspose [${filter}] stride ${strides} ${pad}`,
    operands: { x: float([2, 4, 4, filter[3]]), w: float(filter) },
    fn: ({ x, w }) =>
      tf.square(
        tf.conv2dTranspose(
          x as Tensor4D,
          w as Tensor4D,
          [2, size(filter[0]), size(filter[1]), filter[2]],
          strides,
          pad,
        ),
      ),
  };
};

const pooling = (
  pool: typeof tf.avgPool,
  window: number | [number, number],
  strides: number,
  pad: Padding,
  shape: readonly number[] = [2, 6, 4, 3],
): KernelCase => ({
  name: `${pool === tf.avgPool ? 'avgPool' : 'maxPool'} ${window} stride ${strides} ${pad} of [${shape}]`,
  operands: { x: float(shape) },
  fn: ({ x }) =>
    pool === tf.maxPool
      ? pool(apart(tf.add(x, tf.square(x))) as Tensor4D, window, strides, pad)
      : tf.square(pool(x as Tensor4D, window, strides, pad)),
});

const resizing = (
  method: 'nearest' | 'bilinear',
  size: [number, number],
  alignCorners: boolean,
  halfPixelCenters: boolean,
): KernelCase => ({
  name: `resize ${method} to ${size}${alignCorners ? ' corners' : ''}${halfPixelCenters ? ' half pixels' : ''}`,
  operands: { x: float([2, 3, 4, 2]) },
  fn: ({ x }) => {
    const resize = method === 'nearest' ? tf.image.resizeNearestNeighbor : tf.image.resizeBilinear;
    return tf.square(resize(x as Tensor4D, size, alignCorners, halfPixelCenters));
  },
});

/** Convolutions whose channels and samples come in blocks of 16, or of 8. */
export const blockedCases: readonly KernelCase[] = [
  convolution('in blocks', [3, 3, 16, 16], 1, 'same', float([16, 4, 5, 16], -0.1, 0.1)),
  convolution('in blocks to fewer channels', [3, 3, 32, 16], 1, 'same', float([16, 3, 4, 32], -0.1, 0.1)),
  convolution('in blocks to fewer channels', [3, 2, 32, 16], 1, 'valid', float([16, 4, 3, 32], -0.1, 0.1)),
  convolution('in blocks and half a block of samples', [3, 3, 16, 32], 1, 1, float([12, 3, 4, 16], -0.1, 0.1)),
  convolution('in blocks of few samples', [3, 3, 16, 16], 1, 'same', float([2, 5, 6, 16], -0.1, 0.1)),
  convolution('in blocks of phases', [3, 3, 16, 16], 2, 'same', float([16, 4, 6, 16], -0.1, 0.1)),
  convolution('in blocks of phases', [3, 3, 16, 16], [1, 2], 'same', float([16, 3, 5, 16], -0.1, 0.1)),
  {
    name: 'conv2d in blocks with bias, and with a number for each channel and sample',
    operands: {
      x: float([16, 3, 4, 16], -0.1, 0.1),
      w: float([3, 3, 16, 16]),
      b: float([16]),
      s: float([16, 1, 1, 16]),
      v: float([3, 3, 16, 16]),
    },
    fn: ({ x, w, b, s, v }) => {
      const told = tf.add(tf.mul(tf.add(tf.conv2d(x as Tensor4D, w as Tensor4D, 1, 'same'), b), s), s);
      return tf.add(b, tf.conv2d(told as Tensor4D, v as Tensor4D, 1, 'same'));
    },
  },
  convolution('in part of a block', [3, 3, 8, 8], 1, 'same', float([16, 4, 5, 8], -0.1, 0.1)),
  convolution('in part of a block', [3, 3, 8, 8], 2, 'same', float([16, 4, 6, 8], -0.1, 0.1)),
  convolution('in part of a block', [3, 3, 6, 7], 1, 'same', float([16, 3, 4, 6], -0.1, 0.1)),
  convolution('to part of a block', [3, 3, 16, 8], 1, 'same', float([16, 3, 5, 16], -0.1, 0.1)),
  convolution('from part of a block', [3, 3, 12, 16], 1, 'valid', float([16, 4, 5, 12], -0.1, 0.1)),
  convolution('in more than a block', [3, 3, 12, 12], 1, 'same', float([16, 3, 4, 12], -0.1, 0.1)),
  convolution('in more than a block', [3, 2, 24, 8], 1, 'same', float([16, 3, 4, 24], -0.1, 0.1)),
  convolution('in more than a block', [3, 3, 12, 20], 2, 'same', float([16, 4, 4, 12], -0.1, 0.1)),
  convolution('in more than a block, but not in fours', [3, 3, 18, 9], 1, 'same', float([16, 3, 4, 18], -0.1, 0.1)),
  {
    name: 'relu of conv2d in more than a block with bias',
    operands: { x: float([16, 3, 4, 20], -0.1, 0.1), w: float([3, 3, 20, 12], -0.2, 0.2), b: float([12], 1, 2) },
    fn: ({ x, w, b }) => tf.relu(tf.add(tf.conv2d(x as Tensor4D, w as Tensor4D, 1, 'same'), b)),
  },
  convolution('in blocks from few channels', [5, 5, 3, 16], 2, 'same', float([3, 6, 5, 3])),
  convolution('in blocks without the last row', [2, 2, 16, 16], 2, 'valid', float([16, 5, 5, 16], -0.1, 0.1)),
];

const pooled = (
  name: string,
  pool: (convolved: Tensor4D) => Tensor,
  x = [3, 4, 6, 1],
  filter: readonly [number, number, number, number] = [3, 3, 1, 16],
): KernelCase => ({
  name: `conv2d [${filter}] of [${x}] and ${name}`,
  // Parts of the images are alike, as backgrounds are: several pixels of a window are the largest.
  operands: { x: float(x), w: float(filter), b: float([filter[3]]) },
  fn: ({ x, w, b }) =>
    tf.square(pool(tf.add(tf.conv2d(tf.relu(tf.sub(x, 0.2)) as Tensor4D, w as Tensor4D, 1, 'same'), b) as Tensor4D)),
});

/** Convolutions of few channels whose results are pooled, which are computed by the places of pixels in the windows. */
export const pooledCases: readonly KernelCase[] = [
  pooled('the maximum', (h) => tf.relu(tf.maxPool(h, 2, 2, 'valid'))),
  pooled('the maximum', (h) => tf.maxPool(h, [2, 3], [2, 3], 'same'), [2, 4, 6, 3], [5, 5, 3, 16]),
  pooled('the mean of relu', (h) => tf.avgPool(tf.relu(h), 2, 2, 'valid')),
  pooled('the mean of tanh', (h) => tf.avgPool(tf.tanh(h), [1, 2], [1, 2], 'valid')),
  pooled('the maximum, used again', (h) => tf.add(tf.maxPool(h, 2, 2, 'valid'), tf.mean(tf.square(h), [1, 2], true))),
];

/** What lies between two convolutions in blocks. */
export const betweenBlocksCases: readonly KernelCase[] = [
  {
    name: 'images that stay in blocks between convolutions',
    operands: {
      x: float([16, 4, 4, 32], -0.1, 0.1),
      w: float([3, 3, 32, 32], -0.1, 0.1),
      b: float([32]),
      s: float([16, 1, 1, 32]),
      v: float([1, 1, 64, 32], -0.2, 0.2),
    },
    fn: ({ x, w, b, s, v }) => {
      const h = tf.add(tf.conv2d(x as Tensor4D, w as Tensor4D, 1, 'same'), b);
      const centred = tf.sub(h, tf.mean(h, [1, 2], true));
      const normed = tf.mul(centred, tf.mul(tf.rsqrt(tf.add(tf.mean(tf.square(centred), [1, 2], true), 1)), s));
      const told = tf.mul(tf.relu(normed), tf.sub(1, tf.mul(normed, 0.5))) as Tensor4D;
      const enlarged = tf.image.resizeNearestNeighbor(tf.avgPool(told, 2, 2, 'valid'), [4, 4]);
      const joined = tf.concat([told, enlarged], 3) as Tensor4D;
      const back = tf.conv2d(joined, v as Tensor4D, 1, 'same');
      const part = tf.sum(tf.square(tf.slice(joined, [0, 0, 0, 16], [16, 4, 4, 32])), [0, 1, 2]);
      const largest = tf.maxPool(tf.add(back, normed) as Tensor4D, [1, 2], [1, 2], 'valid');
      return tf.add(tf.mean(tf.square(largest), [1, 2]), tf.add(tf.sum(back, [0, 1, 2]), part));
    },
  },
];

/** Convolution, pooling and resizing; all twice differentiable almost everywhere. */
export const spatialCases: readonly KernelCase[] = [
  convolution('', [3, 3, 3, 4], 1, 'same'),
  convolution('', [3, 3, 3, 4], 1, 'valid'),
  convolution('', [3, 2, 3, 2], 2, 'same'),
  convolution('', [2, 3, 3, 2], 2, 'valid'),
  convolution('', [3, 3, 3, 2], [1, 2], 'same'),
  convolution('', [3, 3, 3, 2], 2, 1),
  convolution('pointwise', [1, 1, 3, 4], 1, 'same'),
  convolution('pointwise', [1, 1, 3, 4], 2, 'valid'),
  convolution('of one channel', [3, 3, 1, 2], 1, 'same', float([2, 5, 4, 1])),
  convolution('with padding beyond the filter', [2, 2, 3, 2], 1, 2),
  convolution('in tiles', [3, 3, 16, 18], 1, 'same', float([2, 5, 6, 16], -0.1, 0.1)),
  convolution('in tiles', [3, 3, 16, 17], 1, 'valid', float([2, 6, 11, 16], -0.1, 0.1)),
  convolution('in tiles of phases', [5, 5, 16, 17], 2, 'same', float([1, 8, 6, 16], -0.1, 0.1)),
  convolution('in tiles of phases', [4, 4, 16, 17], 2, 1, float([1, 8, 10, 16], -0.1, 0.1)),
  convolution('in tiles beyond the padding', [3, 3, 17, 16], 1, 2, float([1, 4, 3, 17], -0.1, 0.1)),
  ...blockedCases,
  convolution('to few channels', [3, 3, 6, 1], 1, 'same', float([3, 4, 5, 6])),
  convolution('to few channels', [2, 3, 5, 2], 1, 'valid', float([2, 4, 5, 5])),
  convolution('to few channels', [2, 2, 5, 3], 1, 2, float([2, 3, 4, 5])),
  convolution('to one pixel', [4, 4, 2, 3], 1, 'valid', float([2, 4, 4, 2])),
  {
    name: 'conv2d with channels first',
    operands: { x: float([2, 3, 5, 4]), w: float([3, 3, 3, 2]) },
    fn: ({ x, w }) => tf.square(tf.conv2d(x as Tensor4D, w as Tensor4D, 1, 'same', 'NCHW')),
  },
  {
    name: 'a block of a network',
    operands: {
      x: float([2, 6, 6, 2]),
      w: float([3, 3, 2, 4]),
      b: float([4]),
      v: float([3, 3, 4, 3]),
      d: float([27, 2]),
    },
    fn: ({ x, w, b, v, d }) => {
      const h = tf.sigmoid(tf.add(tf.conv2d(x as Tensor4D, w as Tensor4D, 1, 'same'), b));
      const pooled = tf.avgPool(h as Tensor4D, 2, 2, 'valid');
      const deep = tf.tanh(tf.conv2d(pooled, v as Tensor4D, 1, 'same'));
      return tf.matMul(tf.reshape(deep, [2, 27]), d as tf.Tensor2D);
    },
  },
  {
    name: 'a residual block with group norm and time embedding',
    operands: { x: float([2, 4, 4, 4]), w: float([3, 3, 4, 4]), t: float([2, 4]), s: float([4]) },
    fn: ({ x, w, t, s }) => {
      const groups = tf.reshape(x, [2, 4, 4, 2, 2]);
      const { mean, variance } = tf.moments(groups, [1, 2, 4], true);
      const normed = tf.mul(tf.reshape(tf.div(tf.sub(groups, mean), tf.sqrt(tf.add(variance, 1e-3))), x.shape), s);
      const silu = tf.mul(normed, tf.sigmoid(normed));
      const h = tf.add(tf.conv2d(silu as Tensor4D, w as Tensor4D, 1, 'same'), tf.reshape(t, [2, 1, 1, 4]));
      const joined = tf.concat([tf.add(x, h), h], 3);
      return tf.mean(
        tf.square(
          tf.pad(tf.slice(joined, [0, 1, 0, 1], [2, 3, 4, 6]), [
            [0, 0],
            [0, 1],
            [1, 0],
            [0, 2],
          ]),
        ),
        [1, 2],
      );
    },
  },
  {
    name: 'batch norm of channels',
    operands: { x: float([2, 4, 3, 2]), w: float([1, 1, 2, 3]), m: float([3]), v: float([3], 0.5, 2), s: float([3]) },
    fn: ({ x, w, m, v, s }) => {
      const h = tf.conv2d(x as Tensor4D, w as Tensor4D, 1, 'same');
      return tf.square(tf.batchNorm(h, m as tf.Tensor1D, v as tf.Tensor1D, s as tf.Tensor1D, s as tf.Tensor1D));
    },
  },
  transposed([3, 3, 2, 3], 1, 'same'),
  transposed([3, 3, 2, 3], 2, 'same'),
  transposed([2, 2, 2, 3], 2, 'same'),
  transposed([3, 3, 2, 3], 2, 'valid'),
  ...([1, 2] as const).flatMap((strides) =>
    (['same', 'valid'] as const).map(
      (pad): KernelCase => ({
        name: `depthwiseConv2d stride ${strides} ${pad}`,
        operands: { x: images, w: float([3, 3, 3, 2]) },
        fn: ({ x, w }) => tf.square(tf.depthwiseConv2d(x as Tensor4D, w as Tensor4D, strides, pad)),
      }),
    ),
  ),
  ...[tf.avgPool, tf.maxPool].flatMap((pool) => [
    pooling(pool, 2, 2, 'valid'),
    pooling(pool, 2, 2, 'same', [2, 5, 3, 3]),
    pooling(pool, [3, 2], 3, 'valid', [1, 7, 8, 2]),
    pooling(pool, 1, 2, 'valid'),
  ]),
  pooling(tf.avgPool, 3, 1, 'same'),
  pooling(tf.avgPool, 3, 2, 'same'),
  pooling(tf.avgPool, 3, 2, 1),
  ...(
    [
      [[6, 8], false, false],
      [[3, 4], false, false],
      [[9, 12], false, true],
      [[5, 7], false, false],
      [[5, 7], false, true],
      [[5, 7], true, false],
      [[2, 2], false, false],
      [[1, 1], true, false],
    ] as const
  ).flatMap(([size, corners, half]) =>
    (['nearest', 'bilinear'] as const).map((method) => resizing(method, [...size], corners, half)),
  ),
];

/** Without second derivatives, or without any in TensorFlow.js. */
export const spatialValueCases: readonly KernelCase[] = [
  {
    name: 'dilated conv2d',
    operands: { x: float([2, 8, 7, 2]), w: float([3, 3, 2, 3]) },
    fn: ({ x, w }) => [
      tf.conv2d(x as Tensor4D, w as Tensor4D, 1, 'same', 'NHWC', 2),
      tf.conv2d(x as Tensor4D, w as Tensor4D, 1, 'valid', 'NHWC', [2, 1]),
      tf.depthwiseConv2d(x as Tensor4D, tf.slice(tf.reshape(w, [3, 3, 2, 3]), 0) as Tensor4D, 1, 'same', 'NHWC', 2),
    ],
  },
  {
    name: 'fused conv2d',
    operands: { x: images, w: float([3, 3, 3, 3]), b: float([3]) },
    fn: ({ x, w, b }) =>
      (['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const).flatMap((activation): Tensor[] => [
        tf.fused.conv2d({
          x: x as Tensor4D,
          filter: w as Tensor4D,
          strides: 1,
          pad: 'same',
          bias: b,
          activation,
          leakyreluAlpha: 0.1,
        }),
        tf.fused.depthwiseConv2d({
          x: x as Tensor4D,
          filter: w as Tensor4D,
          strides: 1,
          pad: 'same',
          activation,
          leakyreluAlpha: 0.1,
        }),
      ]),
  },
];

/** Gradients that are compared with the cpu backend only. */
export const spatialGradientCases: readonly KernelCase[] = [
  {
    name: 'relu of conv2d in blocks with bias, used once and more',
    operands: { x: float([16, 3, 4, 1]), w: float([3, 3, 1, 16]), b: float([16]), v: float([3, 3, 16, 16], -0.1, 0.1) },
    fn: ({ x, w, b, v }) => {
      const h = tf.relu(tf.add(tf.conv2d(x as Tensor4D, w as Tensor4D, 1, 'same'), b));
      const deep = tf.conv2d(h as Tensor4D, v as Tensor4D, 1, 'same');
      return [tf.relu(deep), deep];
    },
  },
  ...pooledCases,
  ...betweenBlocksCases,
  pooling(tf.maxPool, 3, 1, 'same'),
  pooling(tf.maxPool, 3, 2, 'valid', [2, 7, 7, 2]),
  {
    name: 'maxPool of ties',
    operands: { x: { shape: [2, 6, 4, 3], low: -1, high: 1 } },
    fn: ({ x }) => tf.maxPool(tf.relu(tf.sub(x, 0.4)) as Tensor4D, 2, 2, 'valid'),
  },
  {
    name: 'relu network with max pooling',
    operands: { x: float([2, 6, 6, 2]), w: float([3, 3, 2, 4]), b: float([4]) },
    fn: ({ x, w, b }) =>
      tf.maxPool(tf.relu(tf.add(tf.conv2d(x as Tensor4D, w as Tensor4D, 1, 'same'), b)) as Tensor4D, 2, 2, 'valid'),
  },
];
