import { microsoftDomain } from '@attribution-bench/onnx';
import type { _FusedMatMulAttrs, BatchMatMulAttrs, EinsumAttrs } from '@tensorflow/tfjs';
import { type GraphBuilder, producer, type Value } from '../graph/graph-builder.js';
import { add, apply, broadcastShape, cast, elementwise, gemm, reshape } from '../graph/operators.js';
import { clip, leakyRelu, prelu, relu } from './elementwise.js';
import type { Lowerings } from './lowering.js';
import { productOfParts, productOfPickedRows } from './shorter-products.js';

/** a · b over the last two axes, either one transposed first; leading axes broadcast. */
function matMul(g: GraphBuilder, a: Value, b: Value, flipA: boolean, flipB: boolean): Value {
  const [left, transposeA] = withoutTranspose(cast(g, a, 'float32'), flipA);
  const [right, transposeB] = withoutTranspose(cast(g, b, 'float32'), flipB);
  const rows = left.shape.at(transposeA ? -1 : -2) ?? 1;
  const columns = right.shape.at(transposeB ? -2 : -1) ?? 1;
  const inner = [left.shape.at(transposeA ? -2 : -1), right.shape.at(transposeB ? -1 : -2)];
  if (inner[0] !== inner[1])
    throw new Error(
      `matMul: inner sizes (${inner.join(' and ')}) of [${left.shape}] and [${right.shape}] differ` +
        `${transposeA ? ', a transposed' : ''}${transposeB ? ', b transposed' : ''}`,
    );
  const batch = broadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const shape = [...batch, rows, columns];
  if (shape.length === 2) {
    const shorter =
      (transposeA ? undefined : productOfPickedRows(g, left, right, transposeB, matMul)) ??
      productOfParts(g, left, right, transposeA, transposeB, matMul);
    if (shorter !== undefined) return shorter;
    return gemm(g, left, right, { transA: transposeA, transB: transposeB });
  }
  const stacked = shape.slice(0, -2).every((size) => size === 1);
  if (stacked) {
    const flat = matMul(
      g,
      reshape(g, left, left.shape.slice(-2)),
      reshape(g, right, right.shape.slice(-2)),
      transposeA,
      transposeB,
    );
    return reshape(g, flat, shape);
  }
  if (!transposeA && !transposeB) return apply(g, 'MatMul', [left, right], { shape });
  return apply(g, 'FusedMatMul', [left, right], {
    shape,
    domain: microsoftDomain,
    attributes: { transA: { int: transposeA ? 1 : 0 }, transB: { int: transposeB ? 1 : 0 } },
  });
}

/** An operand from before it was transposed, and whether the product must transpose it then. */
function withoutTranspose(x: Value, flip: boolean): [Value, boolean] {
  const node = producer(x, 'Transpose');
  const { perm } = (node?.attributes ?? {}) as { perm?: { ints: readonly number[] } };
  const last = x.shape.length - 1;
  const swapsLastTwo = perm?.ints.every((axis, i) => axis === (i === last ? last - 1 : i === last - 1 ? last : i));
  const source = node?.inputs[0];
  return source !== undefined && swapsLastTwo ? [source, !flip] : [x, flip];
}

/** The activation of a fused kernel, by TensorFlow.js's name for it. */
export function activate(
  g: GraphBuilder,
  x: Value,
  activation: string | undefined,
  alpha: { readonly leaky: number | undefined; readonly weights: Value | undefined },
): Value {
  switch (activation ?? 'linear') {
    case 'linear':
      return x;
    case 'relu':
      return relu(g, x);
    case 'relu6':
      return clip(g, x, 0, 6);
    case 'elu':
      return elementwise(g, 'Elu', [x]);
    case 'sigmoid':
      return elementwise(g, 'Sigmoid', [x]);
    case 'leakyrelu':
      return leakyRelu(g, x, alpha.leaky ?? 0.2);
    case 'prelu':
      if (alpha.weights !== undefined) return prelu(g, x, alpha.weights);
  }
  throw new Error(`unknown activation ${activation}`);
}

function einsum(g: GraphBuilder, inputs: readonly Value[], equation: string): Value {
  const [terms, result] = equation.replaceAll(' ', '').split('->');
  const sizes = new Map<string, number>();
  for (const [i, term] of terms.split(',').entries())
    for (const [axis, letter] of [...term].entries()) sizes.set(letter, inputs[i].shape[axis]);
  const shape = [...result].map((letter) => sizes.get(letter) ?? 1);
  const operands = inputs.map((input) => cast(g, input, 'float32'));
  return apply(g, 'Einsum', operands, { shape, attributes: { equation: { string: equation } } });
}

export const matMulKernels: Lowerings = {
  BatchMatMul: ({ g, inputs, attributes }) => {
    const { transposeA, transposeB } = attributes<BatchMatMulAttrs>();
    return matMul(g, inputs.a, inputs.b, transposeA, transposeB);
  },
  _FusedMatMul: ({ g, inputs, attributes }) => {
    const { transposeA, transposeB, activation, leakyreluAlpha } = attributes<_FusedMatMulAttrs>();
    const product = matMul(g, inputs.a, inputs.b, transposeA, transposeB);
    const shifted = inputs.bias === undefined ? product : add(g, product, inputs.bias);
    return activate(g, shifted, activation, { leaky: leakyreluAlpha, weights: inputs.preluActivationWeights });
  },
  Einsum: ({ g, inputs, attributes }) => einsum(g, Object.values(inputs), attributes<EinsumAttrs>().equation),
};
