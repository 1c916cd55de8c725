import { sizeOf } from '@attribution-bench/contract';
import { blockedDomain } from '@attribution-bench/onnx';
import { type GraphBuilder, type GraphNode, producer, type Value } from './graph-builder.js';
import { apply, pad, reshape, sameShape } from './operators.js';
import { bothWays, type Lookup, type UsedOnce } from './rewriting.js';

/** A blocked convolution and what is added to each of its channels. */
export function fuseBlockedBias(g: GraphBuilder, node: GraphNode, once: UsedOnce, now: Lookup): Value | undefined {
  const [a, b] = node.inputs;
  if (a === undefined || b === undefined) return undefined;
  for (const [images, addend] of bothWays(a, b)) {
    const convolution = blockedConvolution(images, once, now);
    if (convolution === undefined || convolution.node.inputs.length > 2) continue;
    const bias = producer(addend, 'Expand')?.inputs[0] ?? addend;
    if (!sameShape(node.outputs[0].shape, images.shape) || !isByChannel(g, bias, images)) continue;
    const channels = sizeOf(bias.shape);
    const missing = convolution.node.outputs[0].shape[1] - channels;
    const inputs = [...convolution.node.inputs, pad(g, reshape(g, now(bias), [channels]), [[0, missing]], 0)];
    return rearrangedAgain(g, convolution, inputs, convolution.node.attributes);
  }
  return undefined;
}

/** A blocked convolution and images that are added to what it gives, in blocks as well. */
export function fuseBlockedSum(g: GraphBuilder, node: GraphNode, once: UsedOnce, now: Lookup): Value | undefined {
  const [a, b] = node.inputs;
  if (a === undefined || b === undefined || !sameShape(a.shape, b.shape)) return undefined;
  for (const [images, addend] of bothWays(a, b)) {
    const convolution = blockedConvolution(images, once, now);
    if (convolution === undefined) continue;
    const { inputs, attributes, outputs } = convolution.node;
    const inBlocks = convolution.rearranging.every(({ op }) => op === 'Reshape');
    if (!inBlocks || inputs.length > 3 || 'activation' in attributes) continue;
    const [image, filter, bias] = inputs;
    const summed = [image, filter, bias, reshape(g, now(addend), outputs[0].shape)];
    return rearrangedAgain(g, convolution, summed, attributes);
  }
  return undefined;
}

/** The positive part of a blocked convolution. */
export function fuseBlockedRelu(g: GraphBuilder, node: GraphNode, once: UsedOnce, now: Lookup): Value | undefined {
  const [images] = node.inputs;
  const convolution = images === undefined ? undefined : blockedConvolution(images, once, now);
  if (convolution === undefined || 'activation' in convolution.node.attributes) return undefined;
  const attributes = { ...convolution.node.attributes, activation: { string: 'Relu' } };
  return rearrangedAgain(g, convolution, convolution.node.inputs, attributes);
}

/** Whether there is one number for each channel of images [batch, height, width, channels] or with an axis for blocks. */
function isByChannel({ channelBlock }: GraphBuilder, x: Value, { shape }: Value): boolean {
  const channels = shape.length === 5 ? [shape[1], 1, 1, channelBlock] : [shape[3]];
  return sameShape([1, 1, 1, 1, 1, ...x.shape].slice(-5), [1, 1, 1, 1, 1, ...channels].slice(-5));
}

/** A convolution, as it is now, and how its result is rearranged, last step first. */
interface BlockedConvolution {
  readonly node: GraphNode;
  readonly rearranging: readonly GraphNode[];
}

/** The convolution whose result is only rearranged to these images, and that only for one use. */
function blockedConvolution(images: Value, once: UsedOnce, now: Lookup): BlockedConvolution | undefined {
  const rearranging: GraphNode[] = [];
  const before = (value: Value): Value | undefined => {
    const node = producer(value, 'ReorderOutput') ?? producer(value, 'Reshape');
    if (node !== undefined) rearranging.push(node);
    return node?.inputs[0];
  };
  let value = images;
  for (let next: Value | undefined = value; next !== undefined; next = before(value)) {
    if (!once(next)) return undefined;
    value = next;
  }
  // What has been replaced is as new, and used as often.
  value = now(value);
  for (let next = before(value); next !== undefined; next = before(value)) value = next;
  const node = producer(value, 'Conv');
  return node?.domain === blockedDomain ? { node, rearranging } : undefined;
}

/** What the changed convolution gives, rearranged in the same way. */
function rearrangedAgain(
  g: GraphBuilder,
  { node, rearranging }: BlockedConvolution,
  inputs: GraphNode['inputs'],
  attributes: GraphNode['attributes'],
): Value {
  const [{ shape }] = node.outputs;
  const convolved = apply(g, node.op, inputs, { shape, domain: node.domain, attributes });
  return rearranging.reduceRight(
    (value, { op, domain, attributes, outputs: [{ shape }] }) =>
      op === 'Reshape' ? reshape(g, value, shape) : apply(g, op, [value], { shape, domain, attributes }),
    convolved,
  );
}
