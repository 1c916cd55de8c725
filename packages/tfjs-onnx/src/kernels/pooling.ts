import type { AvgPoolAttrs, MaxPoolAttrs } from '@tensorflow/tfjs';
import type { Attributes, GraphBuilder, Value } from '../graph-builder.js';
import type { Lowerings } from '../lowering.js';
import { apply, cast, channelsFirst, channelsLast, mul, reshape, scalar } from '../operators.js';
import { tf } from '../tensorflow.js';
import { enlarge } from './resize.js';

type PoolInfo = ReturnType<typeof tf.backend_util.computePool2DInfo>;

function poolInfo(input: readonly number[], { filterSize, strides, pad, dimRoundingMode }: MaxPoolAttrs): PoolInfo {
  return tf.backend_util.computePool2DInfo(
    input as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
}

function window({ filterHeight, filterWidth, strideHeight, strideWidth, padInfo }: PoolInfo): Attributes {
  return {
    kernel_shape: { ints: [filterHeight, filterWidth] },
    strides: { ints: [strideHeight, strideWidth] },
    pads: { ints: [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right] },
  };
}

const pooledShape = (info: PoolInfo): number[] => [info.batchSize, info.inChannels, info.outHeight, info.outWidth];
const inputShape = (info: PoolInfo): number[] => [info.batchSize, info.inChannels, info.inHeight, info.inWidth];

/** Whether the windows tile the input: every element lies in one window. */
function tiles(info: PoolInfo): boolean {
  return (
    info.strideHeight === info.filterHeight &&
    info.strideWidth === info.filterWidth &&
    info.inHeight === info.outHeight * info.strideHeight &&
    info.inWidth === info.outWidth * info.strideWidth
  );
}

/** The largest element of every window, and where each is in the flattened input: the first among equals. */
function largest(g: GraphBuilder, x: Value, info: PoolInfo): { values: Value; places: Value } {
  const shape = pooledShape(info);
  const [values, places] = g.node({
    op: 'MaxPool',
    inputs: [channelsFirst(g, cast(g, x, 'float32'))],
    attributes: window(info),
    outputs: [
      { type: 'float32', shape },
      { type: 'int64', shape, optional: true },
    ],
  });
  return { values, places };
}

function maxPoolGradient(g: GraphBuilder, dy: Value, x: Value, info: PoolInfo): Value {
  const { places } = largest(g, x, info);
  const error = channelsFirst(g, dy);
  const shape = inputShape(info);
  const size = shape.reduce((a, b) => a * b, 1);
  const flat = (value: Value): Value => reshape(g, value, [value.shape.reduce((a, b) => a * b, 1)]);
  const scattered = apply(g, 'ScatterElements', [g.fill('float32', [size], 0), flat(places), flat(error)], {
    shape: [size],
    attributes: { axis: { int: 0 }, ...(tiles(info) ? {} : { reduction: { string: 'add' } }) },
  });
  return channelsLast(g, reshape(g, scattered, shape));
}

/** Every element gets its share of the error of each window it lies in: 1 / (height × width) of it. */
function averagePoolGradient(g: GraphBuilder, dy: Value, info: PoolInfo): Value {
  const error = channelsFirst(g, dy);
  const { filterHeight, filterWidth, inChannels, padInfo } = info;
  const share = 1 / (filterHeight * filterWidth);
  if (tiles(info))
    return channelsLast(g, enlarge(g, mul(g, error, scalar(g, Math.fround(share))), filterHeight, filterWidth));
  const filter = g.fill('float32', [inChannels, 1, filterHeight, filterWidth], Math.fround(share));
  const spare = (size: number, out: number, stride: number, length: number, pads: number) =>
    size + pads - ((out - 1) * stride + length);
  const outputPadding = [
    spare(info.inHeight, info.outHeight, info.strideHeight, filterHeight, padInfo.top + padInfo.bottom),
    spare(info.inWidth, info.outWidth, info.strideWidth, filterWidth, padInfo.left + padInfo.right),
  ];
  return channelsLast(
    g,
    apply(g, 'ConvTranspose', [error, filter], {
      shape: inputShape(info),
      attributes: { ...window(info), group: { int: inChannels }, output_padding: { ints: outputPadding } },
    }),
  );
}

export const poolingKernels: Lowerings = {
  MaxPool: ({ g, inputs: { x }, attributes }) =>
    channelsLast(g, largest(g, x, poolInfo(x.shape, attributes<MaxPoolAttrs>())).values),
  MaxPoolGrad: ({ g, inputs: { dy, input }, attributes }) =>
    maxPoolGradient(g, dy, input, poolInfo(input.shape, attributes<MaxPoolAttrs>())),
  AvgPool: ({ g, inputs: { x }, attributes }) => {
    const info = poolInfo(x.shape, attributes<AvgPoolAttrs>());
    return channelsLast(
      g,
      apply(g, 'AveragePool', [channelsFirst(g, cast(g, x, 'float32'))], {
        shape: pooledShape(info),
        attributes: window(info),
      }),
    );
  },
  AvgPoolGrad: ({ g, inputs: { dy, input }, attributes }) =>
    averagePoolGradient(g, dy, poolInfo(input.shape, attributes<AvgPoolAttrs>())),
};
