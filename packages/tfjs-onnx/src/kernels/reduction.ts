import type { CumsumAttrs, SoftmaxAttrs, TopKAttrs } from '@tensorflow/tfjs';
import type { GraphBuilder, Value } from '../graph/graph-builder.js';
import { apply, cast, mul, pad, reduce, slice } from '../graph/operators.js';
import { withSameSums } from '../graph/same-sums.js';
import { knownPhases } from '../graph/window-phases.js';
import type { Lowering, Lowerings } from './lowering.js';

interface AxisAttributes {
  /** Absent or null: all axes. */
  axis?: number | number[] | null;
  /** What Max calls `axis`. */
  reductionIndices?: number | number[] | null;
  keepDims?: boolean;
}

function axesOf(x: Value, { axis, reductionIndices }: AxisAttributes): number[] {
  const given = axis ?? reductionIndices ?? x.shape.map((_, i) => i);
  return (Array.isArray(given) ? given : [given]).map((i) => (i < 0 ? i + x.shape.length : i));
}

const reduction = (
  op: 'ReduceSum' | 'ReduceMean' | 'ReduceProd' | 'ReduceMax' | 'ReduceMin',
  prepare: (g: GraphBuilder, x: Value) => Value,
): Lowering => {
  return ({ g, inputs, attributes }) => {
    const given = attributes<AxisAttributes>();
    const x = prepare(g, inputs.x);
    return reduce(g, op, x, axesOf(x, given), given.keepDims ?? false);
  };
};

/** Sums over all pixels are those of smaller images, or of the phases that images were put together from, where there are any. */
const sum: Lowering = (call) => {
  const { g, inputs, attributes } = call;
  const phases = knownPhases(inputs.x)?.flat();
  const given = attributes<AxisAttributes>();
  const axes = axesOf(inputs.x, given);
  const smaller = withSameSums(inputs.x);
  if (smaller !== undefined && [1, 2].every((axis) => axes.includes(axis)))
    return reduce(g, 'ReduceSum', smaller, axes, given.keepDims ?? false);
  if (phases === undefined || ![0, 1, 2].every((axis) => axes.includes(axis))) return total(call);
  return apply(
    g,
    'Sum',
    phases.map((phase) => reduce(g, 'ReduceSum', phase, axes, given.keepDims ?? false)),
  );
};

const numeric = (g: GraphBuilder, x: Value): Value => (x.type === 'bool' ? cast(g, x, 'int32') : x);
const float = (g: GraphBuilder, x: Value): Value => cast(g, x, 'float32');

const total = reduction('ReduceSum', numeric);

/** Whether any, or every, element along the axes is true. */
const quantifier = (op: 'ReduceMax' | 'ReduceMin'): Lowering => {
  return ({ g, inputs: { x }, attributes }) => {
    const given = attributes<AxisAttributes>();
    const bits = cast(g, cast(g, x, 'bool'), 'int32');
    return cast(g, reduce(g, op, bits, axesOf(x, given), given.keepDims ?? false), 'bool');
  };
};

const argument = (op: 'ArgMax' | 'ArgMin'): Lowering => {
  return ({ g, inputs, attributes }) => {
    const x = numeric(g, inputs.x);
    const [axis] = axesOf(x, attributes<AxisAttributes>());
    const found = apply(g, op, [x], {
      type: 'int64',
      shape: x.shape.filter((_, i) => i !== axis),
      attributes: { axis: { int: axis }, keepdims: { int: 0 } },
    });
    return cast(g, found, 'int32');
  };
};

const cumulativeSum: Lowering = ({ g, inputs, attributes }) => {
  const { axis, exclusive, reverse } = attributes<CumsumAttrs>();
  const x = numeric(g, inputs.x);
  const along = axis < 0 ? axis + x.shape.length : axis;
  return apply(g, 'CumSum', [x, g.fill('int32', [], along)], {
    attributes: { exclusive: { int: exclusive ? 1 : 0 }, reverse: { int: reverse ? 1 : 0 } },
  });
};

/** Products of all elements up to each one, by doubling the reach of each element (Hillis and Steele 1986). */
const cumulativeProduct: Lowering = ({ g, inputs, attributes }) => {
  const { axis, exclusive, reverse } = attributes<CumsumAttrs>();
  const x = numeric(g, inputs.x);
  const along = axis < 0 ? axis + x.shape.length : axis;
  const size = x.shape[along];
  const shifted = (value: Value, by: number): Value => {
    const kept = slice(g, value, [{ axis: along, begin: reverse ? by : 0, size: size - by }]);
    const padding = x.shape.map((_, i): [number, number] => (i !== along ? [0, 0] : reverse ? [0, by] : [by, 0]));
    return pad(g, kept, padding, 1);
  };
  let product = exclusive && size > 0 ? shifted(x, 1) : x;
  for (let reach = 1; reach < size; reach *= 2) product = mul(g, product, shifted(product, reach));
  return product;
};

/** The k largest along the last axis, the lower index first among equals. */
const topK: Lowering = ({ g, inputs, attributes }) => {
  const { k, sorted } = attributes<TopKAttrs>();
  const x = numeric(g, inputs.x);
  const shape = x.shape.with(-1, k);
  const [values, indices] = g.node({
    op: 'TopK',
    inputs: [x, g.constant('int64', [1], BigInt64Array.of(BigInt(k)))],
    attributes: { axis: { int: -1 }, largest: { int: 1 }, sorted: { int: sorted ? 1 : 0 } },
    outputs: [
      { type: x.type, shape },
      { type: 'int64', shape },
    ],
  });
  return [values, cast(g, indices, 'int32')];
};

const softmax: Lowering = ({ g, inputs, attributes }) => {
  const { dim } = attributes<SoftmaxAttrs>();
  return apply(g, 'Softmax', [float(g, inputs.logits)], { attributes: { axis: { int: dim } } });
};

export const reductionKernels: Lowerings = {
  Sum: sum,
  Mean: reduction('ReduceMean', float),
  Prod: reduction('ReduceProd', numeric),
  Max: reduction('ReduceMax', numeric),
  Min: reduction('ReduceMin', numeric),
  All: quantifier('ReduceMin'),
  Any: quantifier('ReduceMax'),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  Cumsum: cumulativeSum,
  Cumprod: cumulativeProduct,
  TopK: topK,
  Softmax: softmax,
};
