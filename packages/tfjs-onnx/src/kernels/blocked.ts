import { blockedDomain } from '@attribution-bench/onnx';
import type { GraphBuilder, Value } from '../graph/graph-builder.js';
import { fromBlocks, toBlocks, wholeBlocks } from '../graph/layouts.js';
import { apply, channelsFirst, pad, reshape, slice, transpose } from '../graph/operators.js';
import type { ConvolutionAxis, ImageConvolution } from './image-convolution.js';
import { phaseAxis, stridePhases } from './stride-phases.js';

/** Sizes of a convolution of images [batch, height, width, channels]. */
export interface BlockedSizes {
  readonly batch: number;
  readonly rows: ConvolutionAxis;
  readonly columns: ConvolutionAxis;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** Blocks of results that the runtime computes at once from the same numbers. */
const atOnce = 4;

/** The runtime reorders images of so many channels, and multiples of it, to whole blocks, with zeros for what is missing. */
const reordered = 4;
/** More multiplications than this times what the convolution has, because of zeros, are not worth it. */
const mostPadded = 3;

/**
 * Convolution by ONNX Runtime's operators on images whose channels lie in blocks, [batch, channels / block, height, width,
 * block], and on filters [out / block, in / block, height, width, block of in, block of out]. The last blocks are filled with
 * zeros. Nothing of it changes any number, so results depend on the block by the order of sums alone. Without what does not
 * apply to these sizes.
 */
export function blocked(g: GraphBuilder, sizes: BlockedSizes): Partial<ImageConvolution> {
  const { rows, columns, inChannels, outChannels } = sizes;
  if (g.channelBlock === 1) return {};
  const towardsFilter = filterGradient(g, sizes);
  const towardsInput = inputGradient(g, sizes);
  return {
    ...(isWorthPadding(g, inChannels, outChannels) && {
      forward: (x, filter) => convolve(g, toConvolution(g, x), blockedFilter(g, filter), rows, columns, outChannels),
    }),
    ...(towardsInput !== undefined && { towardsInput }),
    ...(towardsFilter !== undefined && { towardsFilter }),
  };
}

function isWorthPadding(g: GraphBuilder, inputs: number, outputs: number): boolean {
  const block = g.channelBlock;
  if (inputs >= block && inputs % reordered !== 0) return false;
  return convolvedChannels(g, inputs) * wholeBlocks(outputs, block) <= mostPadded * inputs * outputs;
}

/** Channels that images come to a convolution with: fewer than a block come as they are. */
const convolvedChannels = (g: GraphBuilder, channels: number): number =>
  channels < g.channelBlock ? channels : wholeBlocks(channels, g.channelBlock);

const toConvolution = (g: GraphBuilder, x: Value): Value =>
  x.shape[3] < g.channelBlock ? channelsFirst(g, x) : toBlocks(g, x);

/** From [height, width, in, out]. */
function blockedFilter(g: GraphBuilder, filter: Value): Value {
  const [height, width, given, wanted] = filter.shape;
  const block = g.channelBlock;
  const [inputs, outputs] = [convolvedChannels(g, given), wholeBlocks(wanted, block)];
  const whole = pad(
    g,
    filter,
    [
      [0, 0],
      [0, 0],
      [0, inputs - given],
      [0, outputs - wanted],
    ],
    0,
  );
  const together = given < block ? 1 : block;
  const split = reshape(g, whole, [height * width, inputs / together, together, outputs / block, block]);
  return reshape(g, transpose(g, split, [3, 1, 0, 2, 4]), [outputs, inputs, height, width]);
}

/** The filter that brings errors back: turned round, [height, width, out, in]. */
function mirrored(g: GraphBuilder, filter: Value): Value {
  const [height, width] = filter.shape;
  const turned = slice(g, filter, [
    { axis: 0, begin: height - 1, size: height, step: -1 },
    { axis: 1, begin: width - 1, size: width, step: -1 },
  ]);
  return transpose(g, turned, [0, 1, 3, 2]);
}

interface Window {
  readonly pads: readonly [top: number, left: number, bottom: number, right: number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
}

/** The runtime's convolution of a blocked image [batch, in, height, width] and a blocked filter [out, in, height, width]. */
function runtimeConvolution(
  g: GraphBuilder,
  image: Value,
  filter: Value,
  { pads, strides, dilations }: Window,
  size: readonly [number, number],
): Value {
  const [outputs, , height, width] = filter.shape;
  return apply(g, 'Conv', [image, filter], {
    shape: [image.shape[0], outputs, ...size],
    domain: blockedDomain,
    attributes: {
      kernel_shape: { ints: [height, width] },
      pads: { ints: [...pads] },
      strides: { ints: [...strides] },
      dilations: { ints: [...dilations] },
    },
  });
}

/** Zeros after the last input that is used; negative where the last inputs are not used. */
const paddingAfter = ({ inputs, outputs, filter, stride, padding }: ConvolutionAxis): number =>
  (outputs - 1) * stride + filter - inputs - padding;

/** From blocks, or from a few channels first, to channels last. */
function convolve(
  g: GraphBuilder,
  image: Value,
  filter: Value,
  rows: ConvolutionAxis,
  columns: ConvolutionAxis,
  channels: number,
): Value {
  const window: Window = {
    pads: [rows.padding, columns.padding, Math.max(0, paddingAfter(rows)), Math.max(0, paddingAfter(columns))],
    strides: [rows.stride, columns.stride],
    dilations: [1, 1],
  };
  return fromBlocks(g, runtimeConvolution(g, image, filter, window, [rows.outputs, columns.outputs]), channels);
}

/** The axis from outputs back to inputs, of a convolution with stride 1; undefined where inputs are skipped. */
function reversed({ inputs, outputs, filter, padding }: Omit<ConvolutionAxis, 'stride'>): ConvolutionAxis | undefined {
  const before = filter - 1 - padding;
  const axis = { inputs: outputs, outputs: inputs, filter, stride: 1, padding: before };
  return before < 0 || paddingAfter(axis) < 0 ? undefined : axis;
}

/** A convolution with the filter turned round, on the phases of the image where there are strides. */
function inputGradient(
  g: GraphBuilder,
  { rows, columns, inChannels, outChannels }: BlockedSizes,
): ImageConvolution['towardsInput'] | undefined {
  const [down, across] = [phaseAxis(rows), phaseAxis(columns)];
  if (down === undefined || across === undefined) return undefined;
  const [rowsBack, columnsBack] = [reversed(down), reversed(across)];
  if (rowsBack === undefined || columnsBack === undefined) return undefined;
  const channels = inChannels * rows.stride * columns.stride;
  if (!isWorthPadding(g, outChannels, channels)) return undefined;
  const phases = stridePhases(g, down, across);
  return (dy, filter) => {
    const turned = blockedFilter(g, mirrored(g, phases.filter(filter)));
    return phases.imageBack(convolve(g, toConvolution(g, dy), turned, rowsBack, columnsBack, channels));
  };
}

/** The convolution whose result is the filter's gradient, by which image stands for the filter. */
function filterGradient(
  g: GraphBuilder,
  { batch, rows, columns, inChannels, outChannels }: BlockedSizes,
): ImageConvolution['towardsFilter'] | undefined {
  const block = g.channelBlock;
  if (wholeBlocks(batch, block) > 1.5 * batch) return undefined;
  const [down, across] = rows.stride * columns.stride === 1 ? [reversed(rows), reversed(columns)] : [];
  const padded = (channels: number): number =>
    channels % reordered === 0 ? wholeBlocks(channels, block) / channels : Number.POSITIVE_INFINITY;
  const wide = (channels: number): number => Math.min(atOnce, channels / block);
  const inputsStand =
    padded(inChannels) < padded(outChannels) ||
    (padded(inChannels) === padded(outChannels) && wide(inChannels) > wide(outChannels));
  if (down !== undefined && across !== undefined && inputsStand && padded(inChannels) <= mostPadded)
    return (x, dy) => mirrored(g, shiftedProducts(g, dy, x, down, across));
  if (paddingAfter(rows) < 0 || paddingAfter(columns) < 0 || padded(outChannels) > mostPadded) return undefined;
  return (x, dy) => shiftedProducts(g, x, dy, rows, columns);
}

/**
 * Images [batch, height, width, channels] as a blocked filter from samples to channels. Blocks of channels first, which other
 * convolutions of these images need as well; then blocks of samples in the same way: the runtime reorders faster than it
 * transposes.
 */
function samplesAsChannels(g: GraphBuilder, images: Value): Value {
  const blocksOfChannels = toBlocks(g, images);
  const [batch, channels, height, width] = blocksOfChannels.shape;
  const block = g.channelBlock;
  const samples = reshape(g, blocksOfChannels, [batch / block, block, 1, channels * height * width]);
  const blocks = reshape(g, toBlocks(g, samples), [batch / block, channels / block, height * width * block * block]);
  return reshape(g, transpose(g, blocks, [1, 0, 2]), [channels, batch, height, width]);
}

/**
 * Σ over samples and pixels of a ⊗ b, for all shifts of b over a that a filter has, [height, width, channels of a, channels
 * of b]. It is one convolution of the whole batch: samples stand for channels, b for the filter, and the channels of a lie
 * side by side in its rows, so that a step of one pixel is a dilation. Zeros beside the rows are written out: the runtime
 * would go through two thirds of the shifts one by one to leave them away.
 */
function shiftedProducts(g: GraphBuilder, a: Value, b: Value, rows: ConvolutionAxis, columns: ConvolutionAxis): Value {
  const block = g.channelBlock;
  const batch = wholeBlocks(a.shape[0], block);
  const more: [number, number] = [0, batch - a.shape[0]];
  const padded = pad(g, a, [more, [0, 0], [columns.padding, paddingAfter(columns)], [0, 0]], 0);
  const [, height, width, channels] = padded.shape;
  const image = apply(g, 'ReorderInput', [reshape(g, padded, [1, batch, height, width * channels])], {
    domain: blockedDomain,
  });
  const outputs = b.shape[3];
  const filter = samplesAsChannels(g, pad(g, b, [more, [0, 0], [0, 0], [0, 0]], 0));
  const window: Window = {
    pads: [rows.padding, 0, paddingAfter(rows), 0],
    strides: [1, 1],
    dilations: [rows.stride, columns.stride * channels],
  };
  const shifts = runtimeConvolution(g, image, filter, window, [rows.filter, columns.filter * channels]);
  return reshape(g, fromBlocks(g, shifts, outputs), [rows.filter, columns.filter, channels, outputs]);
}
