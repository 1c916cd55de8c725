import { sizeOf } from '@attribution-bench/contract';
import { type GraphBuilder, type GraphNode, type NodeSpec, producer, type Value } from './graph-builder.js';
import { broadcastShape, reshape, sameShape } from './operators.js';
import type { Lookup, UsedOnce } from './rewriting.js';

/** A blocked convolution and what is added to each of its channels. */
export function fuseBlockedBias(g: GraphBuilder, node: GraphNode, once: UsedOnce, now: Lookup): Value | undefined {
  const [a, b] = node.inputs;
  if (a === undefined || b === undefined) return undefined;
  for (const [images, addend] of [
    [a, b],
    [b, a],
  ]) {
    const convolution = blockedConvolution(images, once, now);
    const bias = producer(addend, 'Expand')?.inputs[0] ?? addend;
    const channels = images.shape.at(-1);
    if (convolution === undefined || convolution.inputs.length > 2) continue;
    if (sizeOf(bias.shape) !== channels || bias.shape.at(-1) !== channels) continue;
    if (!sameShape(broadcastShape(addend.shape, images.shape), images.shape)) continue;
    const inputs = [...convolution.inputs, reshape(g, now(bias), [channels])];
    return changed(g, images, now, { ...convolution, inputs });
  }
  return undefined;
}

/** The positive part of a blocked convolution. */
export function fuseBlockedRelu(g: GraphBuilder, node: GraphNode, once: UsedOnce, now: Lookup): Value | undefined {
  const [images] = node.inputs;
  const convolution = images === undefined ? undefined : blockedConvolution(images, once, now);
  if (images === undefined || convolution === undefined || 'activation' in convolution.attributes) return undefined;
  const attributes = { ...convolution.attributes, activation: { string: 'Relu' } };
  return changed(g, images, now, { ...convolution, attributes });
}

/** The convolution, as it is now, whose result is only reordered to these images, and that only for one use. */
function blockedConvolution(images: Value, once: UsedOnce, now: Lookup): GraphNode | undefined {
  const before = producer(images, 'ReorderOutput')?.inputs[0];
  if (!once(images) || (before !== undefined && !once(before))) return undefined;
  const blocks = producer(now(images), 'ReorderOutput')?.inputs[0];
  return blocks === undefined ? undefined : producer(blocks, 'Conv');
}

/** The images with their convolution changed. */
function changed(g: GraphBuilder, images: Value, now: Lookup, convolution: NodeSpec): Value | undefined {
  const reorder = producer(now(images), 'ReorderOutput');
  if (reorder === undefined) return undefined;
  const like = ({ outputs }: NodeSpec) => outputs.map(({ type, shape }) => ({ type, shape }));
  const inputs = g.node({ ...convolution, outputs: like(convolution) });
  return g.node({ ...reorder, inputs, outputs: like(reorder) })[0];
}
