import { sizeOf } from '@attribution-bench/contract';
import { blockedDomain } from '@attribution-bench/onnx';
import { type GraphBuilder, type GraphNode, producer, type Value } from './graph-builder.js';
import { apply, expand, mul, reshape, sameShape, scalar } from './operators.js';
import { bothWays, type Lookup, type UsedOnce } from './rewriting.js';

/**
 * Images in blocks times a number for each channel (of each sample), plus another such number or other images, in one pass: a
 * blocked convolution of every channel by itself with a filter of one pixel.
 */
export function fuseScaledBlocks(g: GraphBuilder, node: GraphNode, once: UsedOnce, now: Lookup): Value | undefined {
  const [left, right] = node.inputs;
  if (left === undefined || right === undefined) return undefined;
  const { shape } = node.outputs[0];
  const places = blockPlaces(g, shape);
  if (places === undefined) return undefined;
  for (const [product, addend] of node.op === 'Add' ? bothWays(left, right) : [[left, right]]) {
    const scaled = once(product) ? scaledImages(product, places) : undefined;
    if (scaled === undefined) continue;
    const [images, factor] = scaled;
    const term = byChannel(addend, places);
    if (term === undefined && (node.op === 'Sub' || !sameShape(addend.shape, shape))) continue;
    const { batch, channels } = places;
    const perSample = (value: Value): Value => {
      const each = reshape(g, now(value), [sizeOf(value.shape) / channels, channels]);
      return reshape(g, expand(g, each, [batch, channels]), [batch * channels]);
    };
    const blocks = (value: Value): Value => reshape(g, now(value), [1, batch * channels, ...places.size]);
    const bias = term === undefined ? undefined : perSample(term);
    const inputs = [
      blocks(images),
      reshape(g, perSample(factor), [batch * channels, 1, 1, 1]),
      ...(bias === undefined ? [undefined, blocks(addend)] : [node.op === 'Sub' ? mul(g, bias, scalar(g, -1)) : bias]),
    ];
    const result = apply(g, 'Conv', inputs, {
      domain: blockedDomain,
      attributes: { kernel_shape: { ints: [1, 1] }, group: { int: batch * channels } },
    });
    return reshape(g, result, shape);
  }
  return undefined;
}

/** Images in blocks, and the shape of numbers by channel beside them but for the batch. */
interface BlockPlaces {
  readonly batch: number;
  readonly channels: number;
  readonly size: readonly [height: number, width: number];
  readonly shape: readonly number[];
  readonly channelShape: readonly number[];
}

/** Of images that have an axis for each of their blocks, or only one block; undefined for others. */
function blockPlaces({ channelBlock }: GraphBuilder, shape: readonly number[]): BlockPlaces | undefined {
  if (channelBlock === 1 || shape.at(-1) !== channelBlock || (shape.length !== 4 && shape.length !== 5))
    return undefined;
  const [batch, blocks, height, width] = shape.length === 5 ? shape : [shape[0], 1, shape[1], shape[2]];
  const channelShape = shape.length === 5 ? [blocks, 1, 1, channelBlock] : [1, 1, channelBlock];
  return { batch, channels: blocks * channelBlock, size: [height, width], shape, channelShape };
}

/** Numbers for each channel, or for each channel of each sample, before they were repeated. */
function byChannel(x: Value, { batch, shape, channelShape }: BlockPlaces): Value | undefined {
  const small = producer(x, 'Expand')?.inputs[0] ?? x;
  const [samples, ...rest] = [...shape.map(() => 1), ...small.shape].slice(-shape.length);
  return (samples === 1 || samples === batch) && sameShape(rest, channelShape) ? small : undefined;
}

/** The images and the numbers by channel that were multiplied. */
function scaledImages(product: Value, places: BlockPlaces): [Value, Value] | undefined {
  const [a, b] = producer(product, 'Mul')?.inputs ?? [];
  if (a === undefined || b === undefined || !sameShape(product.shape, places.shape)) return undefined;
  for (const [images, factor] of bothWays(a, b)) {
    const numbers = byChannel(factor, places);
    if (numbers !== undefined && sameShape(images.shape, places.shape)) return [images, numbers];
  }
  return undefined;
}
