import type { OnnxType } from '@attribution-bench/onnx';
import { type Attributes, fillOf, type GraphBuilder, producer, type Value } from './graph-builder.js';

export interface Result {
  readonly type?: OnnxType;
  readonly shape?: readonly number[];
  readonly attributes?: Attributes;
  readonly domain?: string;
}

/** One ONNX operator with one output; type and shape default to those of the first input. */
export function apply(g: GraphBuilder, op: string, inputs: readonly (Value | undefined)[], result: Result = {}): Value {
  const first = inputs[0];
  const type = result.type ?? first?.type;
  const shape = result.shape ?? first?.shape;
  if (type === undefined || shape === undefined) throw new Error(`${op} needs a type and a shape`);
  return g.node({
    op,
    inputs,
    outputs: [{ type, shape }],
    ...(result.attributes === undefined ? {} : { attributes: result.attributes }),
    ...(result.domain === undefined ? {} : { domain: result.domain }),
  })[0];
}

export function scalar(g: GraphBuilder, value: number, type: OnnxType = 'float32'): Value {
  return g.fill(type, [], value);
}

/** A one-dimensional int64 constant: axes, shapes, starts, ... */
export function ints(g: GraphBuilder, values: readonly number[]): Value {
  return g.constant('int64', [values.length], BigInt64Array.from(values, BigInt));
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** The shape of two operands together, aligned at the last axis. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[a.length - rank + i] ?? 1;
    const right = b[b.length - rank + i] ?? 1;
    if (left !== right && left !== 1 && right !== 1) throw new Error(`[${a}] and [${b}] do not broadcast`);
    return left === 1 ? right : left;
  });
}

export function reshape(g: GraphBuilder, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  const fill = fillOf(x);
  if (fill !== undefined) return g.fill(x.type, shape, fill);
  const inner = producer(x, 'Reshape');
  if (inner?.inputs[0] !== undefined) return reshape(g, inner.inputs[0], shape);
  return apply(g, 'Reshape', [x, ints(g, shape)], { shape });
}

export function transpose(g: GraphBuilder, x: Value, permutation: readonly number[]): Value {
  const inner = producer(x, 'Transpose');
  if (inner?.inputs[0] !== undefined) {
    const { perm } = inner.attributes as { perm: { ints: number[] } };
    return transpose(
      g,
      inner.inputs[0],
      permutation.map((axis) => perm.ints[axis]),
    );
  }
  if (permutation.every((axis, i) => axis === i)) return x;
  const shape = permutation.map((axis) => x.shape[axis]);
  const fill = fillOf(x);
  if (fill !== undefined) return g.fill(x.type, shape, fill);
  const moved = permutation.filter((axis) => x.shape[axis] !== 1);
  if (moved.every((axis, i) => i === 0 || axis > moved[i - 1])) return reshape(g, x, shape);
  return apply(g, 'Transpose', [x], { shape, attributes: { perm: { ints: [...permutation] } } });
}
