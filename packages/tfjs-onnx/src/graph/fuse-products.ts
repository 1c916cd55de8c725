import { sizeOf } from '@attribution-bench/contract';
import { fuseBlockedBias, fuseBlockedRelu, fuseBlockedSum } from './fuse-blocked.js';
import { fuseScaledBlocks } from './fuse-scaled-blocks.js';
import { fillOf, type GraphBuilder, type GraphNode, nodesInOrder, producer, type Value } from './graph-builder.js';
import { broadcastShape, reshape, sameShape } from './operators.js';
import { replaceNodes } from './replace-nodes.js';
import { bothWays, type Lookup, type UsedOnce } from './rewriting.js';

/**
 * Rewrites sums and multiples of matrix products that nothing else uses as single products: a bias is added, and the
 * old velocity of a momentum step scaled and added, while the product is written. Returns the values in place of
 * `roots`.
 */
export function fuseProducts(g: GraphBuilder, roots: readonly Value[]): Value[] {
  const order = nodesInOrder(roots);
  const uses = new Map<Value, number>();
  const use = (value: Value): void => void uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const { inputs } of order) for (const input of inputs) if (input !== undefined) use(input);
  for (const root of roots) use(root);

  const once = (value: Value | undefined): value is Value => value !== undefined && uses.get(value) === 1;
  return replaceNodes(g, roots, (node, now) => {
    if (node.op === 'Add')
      return (
        fuseAdd(g, node, once, now) ??
        fuseConvolutionBias(g, node, once, now) ??
        fuseBlockedBias(g, node, once, now) ??
        fuseScaledBlocks(g, node, once, now) ??
        fuseBlockedSum(g, node, once, now)
      );
    if (node.op === 'Sub') return fuseScaledBlocks(g, node, once, now);
    if (node.op === 'Mul') return fuseMul(g, node, once, now);
    return node.op === 'Relu' ? fuseBlockedRelu(g, node, once, now) : undefined;
  });
}

/** A · B + C, or A · B + c · V, as one product. */
function fuseAdd(g: GraphBuilder, node: GraphNode, once: UsedOnce, now: Lookup): Value | undefined {
  const [a, b] = node.inputs;
  if (a === undefined || b === undefined) return undefined;
  for (const [product, addend] of bothWays(a, b)) {
    const gemm = once(product) ? producer(now(product), 'Gemm') : undefined;
    if (gemm === undefined || gemm.inputs.length > 2) continue;
    const scaled = once(addend) ? multiple(addend) : undefined;
    const [added, factor] = scaled !== undefined && sameShape(scaled[0].shape, product.shape) ? scaled : [addend, 1];
    if (added.shape.length > 2 || !sameShape(broadcastShape(added.shape, product.shape), product.shape)) continue;
    return g.node({
      op: 'Gemm',
      inputs: [...gemm.inputs, now(added)],
      attributes: { ...gemm.attributes, beta: { float: factor } },
      outputs: [{ type: product.type, shape: product.shape }],
    })[0];
  }
  return undefined;
}

/** A convolution and what is added to each of its channels. */
function fuseConvolutionBias(g: GraphBuilder, node: GraphNode, once: UsedOnce, now: Lookup): Value | undefined {
  const [a, b] = node.inputs;
  if (a === undefined || b === undefined) return undefined;
  for (const [product, addend] of bothWays(a, b)) {
    const convolution = once(product) ? producer(now(product), 'Conv') : undefined;
    const channels = product.shape[1];
    if (convolution === undefined || convolution.inputs.length > 2 || sizeOf(addend.shape) !== channels) continue;
    if (addend.shape.at(-3) !== channels) continue;
    return g.node({
      op: 'Conv',
      inputs: [...convolution.inputs, reshape(g, now(addend), [channels])],
      attributes: convolution.attributes,
      outputs: [{ type: product.type, shape: product.shape }],
    })[0];
  }
  return undefined;
}

/** c · (A · B) as one product. */
function fuseMul(g: GraphBuilder, node: GraphNode, once: UsedOnce, now: Lookup): Value | undefined {
  const [product, factor] = multiple(node.outputs[0]) ?? [];
  const gemm = once(product) ? producer(now(product), 'Gemm') : undefined;
  if (product === undefined || gemm === undefined || gemm.inputs.length > 2 || 'alpha' in gemm.attributes)
    return undefined;
  return g.node({
    op: 'Gemm',
    inputs: gemm.inputs,
    attributes: { ...gemm.attributes, alpha: { float: factor ?? 1 } },
    outputs: [{ type: product.type, shape: product.shape }],
  })[0];
}

/** The value and the factor of which this one is the multiple. */
function multiple(value: Value): [Value, number] | undefined {
  const [a, b] = producer(value, 'Mul')?.inputs ?? [];
  if (a === undefined || b === undefined) return undefined;
  const [left, right] = [fillOf(a), fillOf(b)];
  if (right !== undefined && sameShape(a.shape, value.shape)) return [a, right];
  return left !== undefined && sameShape(b.shape, value.shape) ? [b, left] : undefined;
}
