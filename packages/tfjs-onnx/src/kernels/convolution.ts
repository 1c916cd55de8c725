import { sizeOf } from '@attribution-bench/contract';
import { microsoftDomain } from '@attribution-bench/onnx';
import type {
  Conv2DAttrs,
  Conv2DBackpropFilterAttrs,
  Conv2DBackpropInputAttrs,
  DepthwiseConv2dNativeAttrs,
  DepthwiseConv2dNativeBackpropFilterAttrs,
  DepthwiseConv2dNativeBackpropInputAttrs,
  FusedConv2DAttrs,
  FusedDepthwiseConv2DAttrs,
} from '@tensorflow/tfjs';
import type { Attributes, GraphBuilder, Value } from '../graph/graph-builder.js';
import {
  add,
  apply,
  cast,
  channelsFirst,
  channelsLast,
  concat,
  mul,
  pad,
  reduce,
  reshape,
  slice,
  transpose,
} from '../graph/operators.js';
import { knownPhases } from '../graph/window-phases.js';
import { tf } from '../tensorflow.js';
import { type BlockedSizes, blocked } from './blocked.js';
import type { ConvolutionAxis, ImageConvolution } from './image-convolution.js';
import type { Lowering, Lowerings } from './lowering.js';
import { activate } from './matmul.js';
import { phaseProducts } from './phase-products.js';
import { pointwise } from './pointwise.js';
import { phaseAxis, stridePhases } from './stride-phases.js';
import { thin } from './thin.js';
import { winograd, winogradFilter } from './winograd.js';

type ConvInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;
type Layout = 'NHWC' | 'NCHW';

interface Geometry {
  readonly strides: Conv2DAttrs['strides'];
  readonly pad: Conv2DAttrs['pad'];
  readonly dilations?: Conv2DAttrs['dilations'];
  readonly dataFormat?: Layout;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function convInfo(
  input: readonly number[],
  filter: readonly number[],
  geometry: Geometry,
  depthwise: boolean,
): ConvInfo {
  const info = tf.backend_util.computeConv2DInfo(
    input as [number, number, number, number],
    filter as [number, number, number, number],
    geometry.strides,
    geometry.dilations ?? 1,
    geometry.pad,
    geometry.dimRoundingMode,
    depthwise,
    tf.backend_util.convertConv2DDataFormat(geometry.dataFormat ?? 'NHWC'),
  );
  const { top, bottom, left, right } = info.padInfo;
  const height = outputSize(info.inHeight + top + bottom, info.effectiveFilterHeight, info.strideHeight);
  const width = outputSize(info.inWidth + left + right, info.effectiveFilterWidth, info.strideWidth);
  if (height !== info.outHeight || width !== info.outWidth)
    throw new Error(
      `this padding gives ${height} × ${width} pixels and TensorFlow.js expects ${info.outHeight} × ${info.outWidth}; ` +
        "use 'same', 'valid' or one number with equal strides and a square filter",
    );
  return info;
}

const outputSize = (padded: number, filter: number, stride: number): number =>
  Math.floor((padded - filter) / stride) + 1;

/** ONNX Runtime convolves [batch, channels, height, width]. */
function toRuntime(g: GraphBuilder, x: Value, layout: Layout | undefined): Value {
  const value = cast(g, x, 'float32');
  return layout === 'NCHW' ? value : channelsFirst(g, value);
}

function fromRuntime(g: GraphBuilder, x: Value, layout: Layout | undefined): Value {
  return layout === 'NCHW' ? x : channelsLast(g, x);
}

function window(info: ConvInfo): Attributes {
  const { top, left, bottom, right } = info.padInfo;
  return {
    kernel_shape: { ints: [info.filterHeight, info.filterWidth] },
    strides: { ints: [info.strideHeight, info.strideWidth] },
    dilations: { ints: [info.dilationHeight, info.dilationWidth] },
    pads: { ints: [top, left, bottom, right] },
  };
}

/** From [height, width, in, out] to [out, in, height, width]. */
const outputsFirst = (g: GraphBuilder, filter: Value): Value => transpose(g, filter, [3, 2, 0, 1]);

/** Images with channels last, which is where matrix products want them. */
function toProducts(g: GraphBuilder, x: Value, layout: Layout | undefined): Value {
  const value = cast(g, x, 'float32');
  return layout === 'NCHW' ? channelsLast(g, value) : value;
}

function fromProducts(g: GraphBuilder, x: Value, layout: Layout | undefined): Value {
  return layout === 'NCHW' ? channelsFirst(g, x) : x;
}

/**
 * How convolutions run, by what took the least time of whole training steps on one core:
 * - `columns`, one matrix of patches per image, for images of few channels: what follows has channels last at once.
 * - {@link channelsLastAlgorithm}, without what does not apply.
 * - `direct` otherwise.
 */
function algorithmOf(g: GraphBuilder, info: ConvInfo): Partial<ImageConvolution> | 'columns' {
  return info.inChannels <= mostColumns ? 'columns' : channelsLastAlgorithm(g, info);
}

const mostColumns = 4;

/** The sizes of a convolution without dilation. */
function sizesOf(info: ConvInfo): BlockedSizes | undefined {
  const { dilationHeight, dilationWidth, padInfo, batchSize, inChannels, outChannels } = info;
  if (dilationHeight !== 1 || dilationWidth !== 1) return undefined;
  const rows: ConvolutionAxis = {
    inputs: info.inHeight,
    outputs: info.outHeight,
    filter: info.filterHeight,
    stride: info.strideHeight,
    padding: padInfo.top,
  };
  const columns: ConvolutionAxis = {
    inputs: info.inWidth,
    outputs: info.outWidth,
    filter: info.filterWidth,
    stride: info.strideWidth,
    padding: padInfo.left,
  };
  return { batch: batchSize, rows, columns, inChannels, outChannels };
}

/**
 * Blocks of channels where few meet few, by {@link mostBlocked}, between which images stay in blocks; matrix products for
 * other filters of one pixel and for few channels out; Winograd's algorithm where filters are 3 × 3, or become so when the
 * phases of a stride are told apart, and channels are enough for matrix products.
 */
function channelsLastAlgorithm(g: GraphBuilder, info: ConvInfo): Partial<ImageConvolution> {
  const sizes = sizesOf(info);
  if (sizes === undefined) return {};
  const { rows, columns, inChannels, outChannels } = sizes;
  const isBlocked = inChannels * outChannels <= mostBlocked;
  if ([rows, columns].every(isPointwise)) return { ...pointwise(g), ...(isBlocked && blocked(g, sizes)) };
  if (outChannels <= mostColumns && rows.stride * columns.stride === 1) return thin(g, rows, columns);
  const products = winogradOf(g, info, rows, columns);
  return { ...products, ...(isBlocked && blocked(g, sizes)) };
}

/** Channels in times channels out from which on Winograd's algorithm takes less time in whole networks. */
const mostBlocked = 64 * 96;
const fewestProducts = 16;

const isPointwise = ({ inputs, outputs, filter, stride, padding }: ConvolutionAxis): boolean =>
  filter === 1 && stride === 1 && padding === 0 && inputs === outputs;

function winogradOf(
  g: GraphBuilder,
  { inChannels, outChannels }: ConvInfo,
  rows: ConvolutionAxis,
  columns: ConvolutionAxis,
): Partial<ImageConvolution> {
  const [down, across] = [phaseAxis(rows), phaseAxis(columns)];
  if (down?.filter !== winogradFilter || across?.filter !== winogradFilter) return {};
  if (Math.min(inChannels, outChannels) < fewestProducts) return {};
  const phases = stridePhases(g, down, across);
  const convolution = winograd(g, down, across);
  return {
    forward: (x, filter) => convolution.forward(phases.image(x), phases.filter(filter)),
    towardsInput: (dy, filter) => phases.imageBack(convolution.towardsInput(dy, phases.filter(filter))),
    towardsFilter: (x, dy) => phases.filterBack(convolution.towardsFilter(phases.image(x), dy)),
  };
}

function convolve(g: GraphBuilder, x: Value, filter: Value, geometry: Geometry): Value {
  const { dataFormat } = geometry;
  const info = convInfo(x.shape, filter.shape, geometry, false);
  const weights = cast(g, filter, 'float32');
  const algorithm = algorithmOf(g, info);
  if (algorithm === 'columns') {
    const sizes = sizesOf(info);
    const forward = sizes === undefined ? undefined : blocked(g, sizes).forward;
    const result = forward?.(toProducts(g, x, dataFormat), weights) ?? columnProduct(g, x, weights, info, dataFormat);
    return fromProducts(g, result, dataFormat);
  }
  if (algorithm.forward !== undefined)
    return fromProducts(g, algorithm.forward(toProducts(g, x, dataFormat), weights), dataFormat);
  const result = apply(g, 'Conv', [toRuntime(g, x, dataFormat), outputsFirst(g, weights)], {
    shape: [info.batchSize, info.outChannels, info.outHeight, info.outWidth],
    attributes: window(info),
  });
  return fromRuntime(g, result, dataFormat);
}

/** The gradient towards the input; also what transposed convolution is. */
function convolveBack(
  g: GraphBuilder,
  dy: Value,
  filter: Value,
  inputShape: readonly number[],
  geometry: Geometry,
): Value {
  const info = convInfo(inputShape, filter.shape, geometry, false);
  const algorithm = algorithmOf(g, info);
  if (algorithm !== 'columns' && algorithm.towardsInput !== undefined) {
    const result = algorithm.towardsInput(toProducts(g, dy, geometry.dataFormat), cast(g, filter, 'float32'));
    return fromProducts(g, result, geometry.dataFormat);
  }
  const error = toRuntime(g, dy, geometry.dataFormat);
  const shape = [info.batchSize, info.inChannels, info.inHeight, info.inWidth];
  const mirrored = mirroredPads(info);
  const result =
    mirrored === undefined || info.inChannels < fewChannels
      ? apply(g, 'ConvTranspose', [error, outputsFirst(g, filter)], { shape, attributes: transposedWindow(info) })
      : apply(g, 'Conv', [error, transpose(g, flipped(g, filter), [2, 3, 0, 1])], {
          shape,
          attributes: { ...window(info), pads: { ints: mirrored } },
        });
  return fromRuntime(g, result, geometry.dataFormat);
}

/** Below this number of input channels other ways of computing gradients are faster (`bench perf training`). */
const fewChannels = 32;

/** With stride 1 the gradient is a convolution with the filter turned round; undefined where it is not. */
function mirroredPads(info: ConvInfo): number[] | undefined {
  if (info.strideHeight !== 1 || info.strideWidth !== 1 || info.dilationHeight !== 1 || info.dilationWidth !== 1)
    return undefined;
  const { top, left, bottom, right } = info.padInfo;
  const pads = [
    info.filterHeight - 1 - top,
    info.filterWidth - 1 - left,
    info.filterHeight - 1 - bottom,
    info.filterWidth - 1 - right,
  ];
  return pads.every((size) => size >= 0) ? pads : undefined;
}

function flipped(g: GraphBuilder, filter: Value): Value {
  const [height, width] = filter.shape;
  return slice(g, cast(g, filter, 'float32'), [
    { axis: 0, begin: height - 1, size: height, step: -1 },
    { axis: 1, begin: width - 1, size: width, step: -1 },
  ]);
}

function transposedWindow(info: ConvInfo): Attributes {
  const { top, left, bottom, right } = info.padInfo;
  const covered = (out: number, stride: number, filter: number, dilation: number) =>
    (out - 1) * stride + (filter - 1) * dilation + 1;
  return {
    ...window(info),
    output_padding: {
      ints: [
        info.inHeight +
          top +
          bottom -
          covered(info.outHeight, info.strideHeight, info.filterHeight, info.dilationHeight),
        info.inWidth + left + right - covered(info.outWidth, info.strideWidth, info.filterWidth, info.dilationWidth),
      ],
    },
  };
}

/** For every position in the filter the part of the padded input that it meets, [batch, channels, out height × width]. */
function patches(g: GraphBuilder, x: Value, info: ConvInfo): Value[] {
  const { top, left, bottom, right } = info.padInfo;
  const padded = pad(
    g,
    x,
    [
      [0, 0],
      [0, 0],
      [top, bottom],
      [left, right],
    ],
    0,
  );
  const parts: Value[] = [];
  for (let row = 0; row < info.filterHeight; row++)
    for (let column = 0; column < info.filterWidth; column++)
      parts.push(
        slice(g, padded, [
          { axis: 2, begin: row * info.dilationHeight, size: info.outHeight, step: info.strideHeight },
          { axis: 3, begin: column * info.dilationWidth, size: info.outWidth, step: info.strideWidth },
        ]),
      );
  return parts;
}

/** The patches as one matrix an image, [batch, filter height × width × channels, out height × width]. */
function columns(g: GraphBuilder, x: Value, info: ConvInfo): Value {
  const parts = patches(g, x, info);
  const rows = parts.length * info.inChannels;
  return reshape(g, concat(g, parts, 1), [info.batchSize, rows, info.outHeight * info.outWidth]);
}

/** A convolution as the product of columns and filter, [batch, height, width, channels]. */
function columnProduct(g: GraphBuilder, x: Value, filter: Value, info: ConvInfo, layout: Layout | undefined): Value {
  const { batchSize, outHeight, outWidth, outChannels } = info;
  const rows = columns(g, toRuntime(g, x, layout), info);
  const result = apply(g, 'FusedMatMul', [rows, reshape(g, filter, [1, rows.shape[1], outChannels])], {
    shape: [batchSize, outHeight * outWidth, outChannels],
    domain: microsoftDomain,
    attributes: { transA: { int: 1 } },
  });
  return reshape(g, result, [batchSize, outHeight, outWidth, outChannels]);
}

/** The gradient towards the filter: the patches of the input times the error, summed over the batch. */
function filterGradient(
  g: GraphBuilder,
  x: Value,
  dy: Value,
  filterShape: readonly number[],
  geometry: Geometry,
): Value {
  const info = convInfo(x.shape, filterShape, geometry, false);
  const algorithm = algorithmOf(g, info);
  if (algorithm !== 'columns' && algorithm.towardsFilter !== undefined)
    return algorithm.towardsFilter(toProducts(g, x, geometry.dataFormat), toProducts(g, dy, geometry.dataFormat));
  const { batchSize, inChannels, outChannels } = info;
  const input = toRuntime(g, x, geometry.dataFormat);
  const positions = info.outHeight * info.outWidth;
  if (algorithm === 'columns') {
    const phases = geometry.dataFormat === 'NCHW' ? undefined : knownPhases(dy);
    if (phases !== undefined && info.strideHeight * info.strideWidth === 1)
      return reshape(g, phaseProducts(g, input, phases, info), filterShape);
    const error = reshape(g, toProducts(g, dy, geometry.dataFormat), [batchSize, positions, outChannels]);
    const rows = columns(g, input, info);
    const products = apply(g, 'MatMul', [rows, error], { shape: [batchSize, rows.shape[1], outChannels] });
    return reshape(g, reduce(g, 'ReduceSum', products, [0]), filterShape);
  }
  const error = reshape(g, toRuntime(g, dy, geometry.dataFormat), [batchSize, outChannels, positions]);
  if (inChannels < fewChannels) return reshape(g, batchProduct(g, columns(g, input, info), error), filterShape);
  const parts = patches(g, input, info);
  const products = parts.map((part) => {
    const product = batchProduct(g, reshape(g, part, [batchSize, inChannels, positions]), error);
    return reshape(g, product, [1, inChannels, outChannels]);
  });
  return reshape(g, concat(g, products, 0), filterShape);
}

/** Σ a · bᵀ over the leading axis: [batch, rows, n] and [batch, columns, n] to [rows, columns]. */
function batchProduct(g: GraphBuilder, a: Value, b: Value): Value {
  const products = apply(g, 'FusedMatMul', [a, b], {
    shape: [a.shape[0], a.shape[1], b.shape[1]],
    domain: microsoftDomain,
    attributes: { transB: { int: 1 } },
  });
  return reduce(g, 'ReduceSum', products, [0]);
}

/** From [height, width, in, multiplier] to [in × multiplier, 1, height, width]. */
function depthwiseFilter(g: GraphBuilder, filter: Value): Value {
  const [height, width, channels, multiplier] = filter.shape;
  const moved = transpose(g, cast(g, filter, 'float32'), [2, 3, 0, 1]);
  return reshape(g, moved, [channels * multiplier, 1, height, width]);
}

function depthwise(g: GraphBuilder, x: Value, filter: Value, geometry: Geometry): Value {
  const info = convInfo(x.shape, filter.shape, geometry, true);
  const result = apply(g, 'Conv', [toRuntime(g, x, geometry.dataFormat), depthwiseFilter(g, filter)], {
    shape: [info.batchSize, info.outChannels, info.outHeight, info.outWidth],
    attributes: { ...window(info), group: { int: info.inChannels } },
  });
  return fromRuntime(g, result, geometry.dataFormat);
}

function depthwiseBack(
  g: GraphBuilder,
  dy: Value,
  filter: Value,
  inputShape: readonly number[],
  geometry: Geometry,
): Value {
  const info = convInfo(inputShape, filter.shape, geometry, true);
  const result = apply(g, 'ConvTranspose', [toRuntime(g, dy, 'NHWC'), depthwiseFilter(g, filter)], {
    shape: [info.batchSize, info.inChannels, info.inHeight, info.inWidth],
    attributes: { ...transposedWindow(info), group: { int: info.inChannels } },
  });
  return fromRuntime(g, result, 'NHWC');
}

function depthwiseFilterGradient(
  g: GraphBuilder,
  x: Value,
  dy: Value,
  filterShape: readonly number[],
  geometry: Geometry,
): Value {
  const info = convInfo(x.shape, filterShape, geometry, true);
  const [, , channels, multiplier] = filterShape;
  const { batchSize, outHeight, outWidth } = info;
  const error = reshape(g, toRuntime(g, dy, 'NHWC'), [batchSize, channels, multiplier, outHeight, outWidth]);
  const sums = patches(g, toRuntime(g, x, 'NHWC'), info).map((patch) => {
    const one = reshape(g, patch, [batchSize, channels, 1, outHeight, outWidth]);
    return reshape(g, reduce(g, 'ReduceSum', mul(g, one, error), [0, 3, 4]), [1, channels, multiplier]);
  });
  return reshape(g, concat(g, sums, 0), filterShape);
}

/** A convolution with bias and activation in one kernel. */
const fused = (convolution: typeof convolve): Lowering => {
  return ({ g, inputs, attributes }) => {
    const { activation, leakyreluAlpha, ...geometry } = attributes<FusedConv2DAttrs & FusedDepthwiseConv2DAttrs>();
    const result = convolution(g, inputs.x, inputs.filter, geometry);
    const shifted =
      inputs.bias === undefined ? result : add(g, result, perChannel(g, inputs.bias, geometry.dataFormat));
    const weights = inputs.preluActivationWeights;
    return activate(g, shifted, activation, {
      leaky: leakyreluAlpha,
      weights: weights === undefined ? undefined : perChannel(g, weights, geometry.dataFormat),
    });
  };
};

function perChannel(g: GraphBuilder, value: Value, layout: Layout): Value {
  const oneEach = layout === 'NCHW' && value.shape.length === 1 && sizeOf(value.shape) > 1;
  return oneEach ? reshape(g, value, [value.shape[0], 1, 1]) : value;
}

export const convolutionKernels: Lowerings = {
  Conv2D: ({ g, inputs, attributes }) => convolve(g, inputs.x, inputs.filter, attributes<Conv2DAttrs>()),
  Conv2DBackpropInput: ({ g, inputs, attributes }) => {
    const { inputShape, ...geometry } = attributes<Conv2DBackpropInputAttrs>();
    return convolveBack(g, inputs.dy, inputs.filter, inputShape, geometry);
  },
  Conv2DBackpropFilter: ({ g, inputs, attributes }) => {
    const { filterShape, ...geometry } = attributes<Conv2DBackpropFilterAttrs>();
    return filterGradient(g, inputs.x, inputs.dy, filterShape, geometry);
  },
  FusedConv2D: fused(convolve),
  DepthwiseConv2dNative: ({ g, inputs, attributes }) =>
    depthwise(g, inputs.x, inputs.filter, attributes<DepthwiseConv2dNativeAttrs>()),
  DepthwiseConv2dNativeBackpropInput: ({ g, inputs, attributes }) => {
    const { inputShape, ...geometry } = attributes<DepthwiseConv2dNativeBackpropInputAttrs>();
    return depthwiseBack(g, inputs.dy, inputs.filter, inputShape, geometry);
  },
  DepthwiseConv2dNativeBackpropFilter: ({ g, inputs, attributes }) => {
    const { filterShape, ...geometry } = attributes<DepthwiseConv2dNativeBackpropFilterAttrs>();
    return depthwiseFilterGradient(g, inputs.x, inputs.dy, filterShape, geometry);
  },
  FusedDepthwiseConv2D: fused(depthwise),
};
