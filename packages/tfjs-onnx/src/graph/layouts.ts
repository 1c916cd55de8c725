import { blockedDomain } from '@attribution-bench/onnx';
import { apply, reshape, sameShape, transpose } from './apply.js';
import { type GraphBuilder, producer, type Value } from './graph-builder.js';

export const lastToFirst = [0, 3, 1, 2];
export const firstToLast = [0, 2, 3, 1];

/** From [batch, height, width, channels] to [batch, channels, height, width]. */
export function channelsFirst(g: GraphBuilder, x: Value): Value {
  return transpose(g, x, lastToFirst);
}

/**
 * From [batch, channels, height, width] to [batch, height, width, channels]. Pointwise operators, reductions and the
 * like on the result are moved in front of it, so that between convolutions nothing is ever rearranged.
 */
export function channelsLast(g: GraphBuilder, x: Value): Value {
  return transpose(g, x, firstToLast);
}

/** The value before it was rearranged by {@link channelsLast}. */
export function beforeChannelsLast(x: Value): Value | undefined {
  const node = producer(x, 'Transpose');
  const { perm } = (node?.attributes ?? {}) as { perm?: { ints: readonly number[] } };
  return perm !== undefined && sameShape(perm.ints, firstToLast) ? node?.inputs[0] : undefined;
}

/** How images that were put together otherwise can be had in blocks. */
const otherBlocks = new WeakMap<Value, () => Value>();

/** Lets {@link toBlocks} make the blocks of images in a shorter way. */
export function blocksBy(images: Value, make: () => Value): void {
  otherBlocks.set(images, make);
}

/** The size of whole blocks that so many of something fill, the last one perhaps in part. */
export const wholeBlocks = (size: number, block: number): number => Math.ceil(size / block) * block;

/**
 * From images [batch, height, width, channels] to what ONNX Runtime's blocked operators take: channels in blocks of
 * {@link GraphBuilder.channelBlock}, [batch, channels / block, height, width, block], under the shape [batch, channels,
 * height, width]. One block of channels is what it was; a last block that is filled in part, by channels in fours, ends in
 * zeros.
 */
export function toBlocks(g: GraphBuilder, x: Value): Value {
  const [batch, height, width, channels] = x.shape;
  const shape = [batch, wholeBlocks(channels, g.channelBlock), height, width];
  if (channels === g.channelBlock) return reshape(g, x, shape);
  const before = blocksOf(x) ?? otherBlocks.get(x)?.();
  return before ?? apply(g, 'ReorderInput', [x], { shape, domain: blockedDomain, attributes: lastChannels });
}

/**
 * From blocks to [batch, height, width, channels], without what fills the last block. Elementwise operators, reductions and
 * the like on the result of whole blocks are moved in front of it, see {@link blocksBefore}.
 */
export function fromBlocks(g: GraphBuilder, x: Value, channels = x.shape[1]): Value {
  const [batch, filled, height, width] = x.shape;
  const shape = [batch, height, width, channels];
  if (channels === filled && channels === g.channelBlock) return reshape(g, x, shape);
  const attributes = { channels: { int: channels }, ...lastChannels };
  return apply(g, 'ReorderOutput', [x], { shape, domain: blockedDomain, attributes });
}

/** The blocks before {@link fromBlocks} that the channels of these images fill. */
function blocksOf(x: Value): Value | undefined {
  const blocks = producer(x, 'ReorderOutput')?.inputs[0];
  return blocks?.shape[1] === x.shape[3] ? blocks : undefined;
}

const lastChannels = { channels_last: { int: 1 } };

/**
 * The blocks before {@link fromBlocks}, of more channels than one block has; not those that a convolution of fewer gave, which
 * may be taken apart by pixels (`window-phases.ts`).
 */
export function blocksBefore(g: GraphBuilder, x: Value): Value | undefined {
  const blocks = blocksOf(x);
  const [source] = (blocks === undefined ? undefined : producer(blocks, 'Conv'))?.inputs ?? [];
  return source !== undefined && source.shape[1] < g.channelBlock ? undefined : blocks;
}

/**
 * Blocks with an axis of their own, so that numbers for each channel can be broadcast: [batch, channels / block, height,
 * width, block].
 */
export function withBlockAxis(g: GraphBuilder, blocks: Value): Value {
  const [batch, channels, height, width] = blocks.shape;
  return reshape(g, blocks, [batch, channels / g.channelBlock, height, width, g.channelBlock]);
}

export function withoutBlockAxis(g: GraphBuilder, x: Value): Value {
  const [batch, blocks, height, width, block] = x.shape;
  return reshape(g, x, [batch, blocks * block, height, width]);
}
