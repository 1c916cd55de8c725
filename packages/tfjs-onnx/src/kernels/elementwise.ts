import type { OnnxType } from '@attribution-bench/onnx';
import type { ClipByValueAttrs, LeakyReluAttrs, StepAttrs } from '@tensorflow/tfjs';
import { fillOf, type GraphBuilder, producer, type Value } from '../graph/graph-builder.js';
import {
  add,
  apply,
  cast,
  compare,
  div,
  elementwise,
  expand,
  mul,
  reshape,
  scalar,
  steepLine,
  sub,
  where,
} from '../graph/operators.js';
import { productOfPhases } from '../graph/window-phases.js';
import type { KernelCall, Lowering, Lowerings } from './lowering.js';

const asFloat = (g: GraphBuilder, x: Value): Value => cast(g, x, 'float32');

/** ONNX operators that compute what the kernel of the same meaning does, in float32. */
const floatUnary = (op: string): Lowering => {
  return ({ g, inputs }) => elementwise(g, op, [asFloat(g, inputs.x)]);
};

/** Operators that keep integers as they are. */
const typedUnary = (op: string): Lowering => {
  return ({ g, inputs }) => elementwise(g, op, [numeric(g, inputs.x)]);
};

const rounding = (op: string): Lowering => {
  return ({ g, inputs: { x } }) => (x.type === 'float32' ? elementwise(g, op, [x]) : x);
};

function numeric(g: GraphBuilder, x: Value): Value {
  return x.type === 'bool' ? cast(g, x, 'int32') : x;
}

const typeOrder: readonly OnnxType[] = ['bool', 'int32', 'float32'];

/** Both operands in the wider of their types, at least int32. */
function arithmetic({ g, inputs: { a, b } }: KernelCall): [Value, Value] {
  const type = typeOrder[Math.max(typeOrder.indexOf(a.type), typeOrder.indexOf(b.type), 1)];
  return [cast(g, a, type), cast(g, b, type)];
}

const binary = (f: (g: GraphBuilder, a: Value, b: Value) => Value): Lowering => {
  return (call) => f(call.g, ...arithmetic(call));
};

const comparison = (op: string): Lowering => {
  return (call) => compare(call.g, op, ...arithmetic(call));
};

const logical = (op: string): Lowering => {
  return ({ g, inputs }) => compare(g, op, cast(g, inputs.a, 'bool'), cast(g, inputs.b, 'bool'));
};

/** The condition behind a mask of ones and zeros made from it. */
function maskCondition(x: Value): Value | undefined {
  const condition = producer(x, 'Cast')?.inputs[0];
  return condition?.type === 'bool' ? condition : undefined;
}

/** a · b; a product with a mask is a choice. */
function multiply(g: GraphBuilder, a: Value, b: Value): Value {
  if (a.type === 'float32') {
    for (const [mask, other] of [
      [a, b],
      [b, a],
    ]) {
      const condition = maskCondition(mask);
      if (condition !== undefined && maskCondition(other) === undefined)
        return where(g, condition, other, scalar(g, 0));
    }
  }
  return productOfPhases(g, a, b) ?? mul(g, a, b);
}

/** a - b; x - max(x) - log(sum(exp(x - max(x)))) over the last axis is one operator. */
function subtract(g: GraphBuilder, a: Value, b: Value): Value {
  const logits = logSoftmaxArgument(a, b);
  if (logits !== undefined) return apply(g, 'LogSoftmax', [logits], { attributes: { axis: { int: -1 } } });
  return sub(g, a, b);
}

function logSoftmaxArgument(shifted: Value, logSum: Value): Value | undefined {
  const last = shifted.shape.length - 1;
  const [logits, peak] = producer(shifted, 'Sub')?.inputs ?? [];
  if (logits === undefined || peak === undefined) return undefined;
  const overLast = (value: Value, op: string): Value | undefined => {
    const node = producer(value, op);
    const source = node?.inputs[0];
    if (source === undefined || source.shape.length !== last + 1) return undefined;
    const kept = value.shape.every((size, axis) => size === (axis === last ? 1 : source.shape[axis]));
    return kept && value.shape.length === last + 1 && source.shape[last] > 1 ? source : undefined;
  };
  const sum = producer(logSum, 'Log')?.inputs[0];
  const exponential = sum === undefined ? undefined : overLast(sum, 'ReduceSum');
  const argument = exponential === undefined ? undefined : producer(exponential, 'Exp')?.inputs[0];
  return argument === shifted && overLast(peak, 'ReduceMax') === logits ? logits : undefined;
}

function exponential(g: GraphBuilder, x: Value): Value {
  const logSoftmax = producer(x, 'LogSoftmax');
  if (logSoftmax?.inputs[0] !== undefined)
    return apply(g, 'Softmax', [logSoftmax.inputs[0]], { attributes: logSoftmax.attributes });
  return elementwise(g, 'Exp', [x]);
}

/** log(1 + x) exact for small x (Goldberg 1991, theorem 4: the error of 1 + x cancels in the quotient). */
function log1p(g: GraphBuilder, x: Value): Value {
  const u = add(g, x, scalar(g, 1));
  const small = compare(g, 'Equal', u, scalar(g, 1));
  const infinite = compare(g, 'Equal', u, scalar(g, Number.POSITIVE_INFINITY));
  const quotient = div(g, mul(g, elementwise(g, 'Log', [u]), x), sub(g, u, scalar(g, 1)));
  return where(g, small, x, where(g, infinite, u, quotient));
}

/** exp(x) - 1 exact for small x (Higham 2002, section 1.14.1). */
function expm1(g: GraphBuilder, x: Value): Value {
  const u = elementwise(g, 'Exp', [x]);
  const less = sub(g, u, scalar(g, 1));
  const small = compare(g, 'Equal', u, scalar(g, 1));
  const saturated = elementwise(
    g,
    'Or',
    [compare(g, 'LessOrEqual', x, scalar(g, -1)), compare(g, 'GreaterOrEqual', x, scalar(g, 1))],
    { type: 'bool' },
  );
  const quotient = div(g, mul(g, less, x), elementwise(g, 'Log', [u]));
  return where(g, small, x, where(g, saturated, less, quotient));
}

/**
 * 1 / (1 + exp(-x)), exact in both tails. ONNX Runtime's own operator is 0 below -18 and off by a tenth before that, and
 * takes longer.
 */
function sigmoid(g: GraphBuilder, x: Value): Value {
  return elementwise(g, 'Reciprocal', [add(g, elementwise(g, 'Exp', [elementwise(g, 'Neg', [x])]), scalar(g, 1))]);
}

/** floor(a / b); exact for integers, in double precision. */
function floorDivide(g: GraphBuilder, a: Value, b: Value): Value {
  if (a.type === 'float32') return elementwise(g, 'Floor', [div(g, a, b)]);
  const quotient = div(g, cast(g, a, 'float64'), cast(g, b, 'float64'));
  return cast(g, elementwise(g, 'Floor', [quotient]), 'int32');
}

/** Remainder with the sign of the divisor. */
function modulo(g: GraphBuilder, a: Value, b: Value): Value {
  if (a.type === 'int32') return elementwise(g, 'Mod', [a, b]);
  const remainder = elementwise(g, 'Mod', [a, b], { attributes: { fmod: { int: 1 } } });
  const sameSign = compare(g, 'Equal', compare(g, 'Less', a, scalar(g, 0)), compare(g, 'Less', b, scalar(g, 0)));
  const shifted = elementwise(g, 'Mod', [add(g, remainder, b), b], { attributes: { fmod: { int: 1 } } });
  return where(g, sameSign, remainder, shifted);
}

function power(g: GraphBuilder, a: Value, b: Value): Value {
  const exponent = fillOf(b);
  if (a.type === 'float32' && b.shape.length <= a.shape.length) {
    if (exponent === 1) return expand(g, a, elementwise(g, 'Pow', [a, b]).shape);
    if (exponent === 2) return mul(g, a, expand(g, a, elementwise(g, 'Pow', [a, b]).shape));
  }
  return elementwise(g, 'Pow', [a, b]);
}

/** The angle of (b, a), in (-π, π]. */
function atan2(g: GraphBuilder, y: Value, x: Value): Value {
  const zero = scalar(g, 0);
  const angle = elementwise(g, 'Atan', [div(g, y, x)]);
  const upper = compare(g, 'GreaterOrEqual', y, zero);
  const turned = add(g, angle, where(g, upper, scalar(g, Math.PI), scalar(g, -Math.PI)));
  const onAxis = where(
    g,
    compare(g, 'Equal', y, zero),
    zero,
    where(g, upper, scalar(g, Math.PI / 2), scalar(g, -Math.PI / 2)),
  );
  const leftOrRight = where(g, compare(g, 'Less', x, zero), turned, angle);
  return where(g, compare(g, 'Equal', x, zero), onAxis, leftOrRight);
}

export function clip(g: GraphBuilder, x: Value, low: number, high: number): Value {
  return elementwise(g, 'Clip', [x, scalar(g, low, x.type), scalar(g, high, x.type)]);
}

export function leakyRelu(g: GraphBuilder, x: Value, alpha: number): Value {
  return elementwise(g, 'LeakyRelu', [x], { attributes: { alpha: { float: alpha } } });
}

export function prelu(g: GraphBuilder, x: Value, alpha: Value): Value {
  return where(g, compare(g, 'Less', x, scalar(g, 0)), mul(g, x, alpha), x);
}

/**
 * 1 where x > 0, alpha elsewhere. With alpha 0, the slope of a relu, it is a steep line of the relu's result: what the relu is
 * applied to can be forgotten.
 */
function step(g: GraphBuilder, x: Value, alpha: number): Value {
  if (alpha === 0) return steepLine(g, cast(g, relu(g, x), 'float32'), 0);
  return where(g, compare(g, 'Greater', x, scalar(g, 0, x.type)), scalar(g, 1), scalar(g, alpha));
}

export function relu(g: GraphBuilder, x: Value): Value {
  return elementwise(g, 'Relu', [numeric(g, x)]);
}

/** TensorFlow.js asks for a condition of rank 1 to choose whole rows. */
function select({ g, inputs: { condition, t, e } }: KernelCall): Value {
  const rank = t.shape.length;
  const rows =
    condition.shape.length === 1 && rank > 1
      ? reshape(g, condition, [condition.shape[0], ...new Array<number>(rank - 1).fill(1)])
      : condition;
  const type = typeOrder[Math.max(typeOrder.indexOf(t.type), typeOrder.indexOf(e.type))];
  return where(g, cast(g, rows, 'bool'), cast(g, t, type), cast(g, e, type));
}

const isNan = (g: GraphBuilder, x: Value): Value => elementwise(g, 'IsNaN', [asFloat(g, x)], { type: 'bool' });
const isInfinite = (g: GraphBuilder, x: Value): Value => elementwise(g, 'IsInf', [asFloat(g, x)], { type: 'bool' });
const not = (g: GraphBuilder, x: Value): Value => elementwise(g, 'Not', [cast(g, x, 'bool')], { type: 'bool' });

export const elementwiseKernels: Lowerings = {
  Acos: floatUnary('Acos'),
  Acosh: floatUnary('Acosh'),
  Asin: floatUnary('Asin'),
  Asinh: floatUnary('Asinh'),
  Atan: floatUnary('Atan'),
  Atanh: floatUnary('Atanh'),
  Cos: floatUnary('Cos'),
  Cosh: floatUnary('Cosh'),
  Elu: floatUnary('Elu'),
  Erf: floatUnary('Erf'),
  Exp: ({ g, inputs }) => exponential(g, asFloat(g, inputs.x)),
  Expm1: ({ g, inputs }) => expm1(g, asFloat(g, inputs.x)),
  Log: floatUnary('Log'),
  Log1p: ({ g, inputs }) => log1p(g, asFloat(g, inputs.x)),
  Reciprocal: floatUnary('Reciprocal'),
  Rsqrt: ({ g, inputs }) => elementwise(g, 'Reciprocal', [elementwise(g, 'Sqrt', [asFloat(g, inputs.x)])]),
  Sigmoid: ({ g, inputs }) => sigmoid(g, asFloat(g, inputs.x)),
  Sin: floatUnary('Sin'),
  Sinh: floatUnary('Sinh'),
  Softplus: floatUnary('Softplus'),
  Sqrt: floatUnary('Sqrt'),
  Tan: floatUnary('Tan'),
  Tanh: floatUnary('Tanh'),
  Abs: typedUnary('Abs'),
  Neg: typedUnary('Neg'),
  Sign: typedUnary('Sign'),
  Ceil: rounding('Ceil'),
  Floor: rounding('Floor'),
  Round: rounding('Round'),
  Relu: ({ g, inputs }) => relu(g, inputs.x),
  Relu6: ({ g, inputs }) => clip(g, numeric(g, inputs.x), 0, 6),
  LeakyRelu: ({ g, inputs, attributes }) => leakyRelu(g, asFloat(g, inputs.x), attributes<LeakyReluAttrs>().alpha),
  Prelu: ({ g, inputs }) => prelu(g, asFloat(g, inputs.x), asFloat(g, inputs.alpha)),
  Selu: ({ g, inputs }) =>
    elementwise(g, 'Selu', [asFloat(g, inputs.x)], {
      attributes: { alpha: { float: 1.6732632423543772 }, gamma: { float: 1.0507009873554805 } },
    }),
  Step: ({ g, inputs, attributes }) => step(g, numeric(g, inputs.x), attributes<StepAttrs>().alpha),
  ClipByValue: ({ g, inputs, attributes }) => {
    const { clipValueMin, clipValueMax } = attributes<ClipByValueAttrs>();
    return clip(g, numeric(g, inputs.x), clipValueMin, clipValueMax);
  },
  Square: ({ g, inputs }) => {
    const x = numeric(g, inputs.x);
    return mul(g, x, x);
  },
  IsNan: ({ g, inputs }) => isNan(g, inputs.x),
  IsInf: ({ g, inputs }) => isInfinite(g, inputs.x),
  IsFinite: ({ g, inputs }) =>
    not(g, elementwise(g, 'Or', [isNan(g, inputs.x), isInfinite(g, inputs.x)], { type: 'bool' })),
  LogicalNot: ({ g, inputs }) => not(g, inputs.x),

  Add: binary(add),
  Sub: binary(subtract),
  Multiply: binary(multiply),
  RealDiv: binary((g, a, b) => div(g, asFloat(g, a), asFloat(g, b))),
  FloorDiv: binary(floorDivide),
  Mod: binary(modulo),
  Pow: binary(power),
  Maximum: binary((g, a, b) => elementwise(g, 'Max', [a, b])),
  Minimum: binary((g, a, b) => elementwise(g, 'Min', [a, b])),
  SquaredDifference: binary((g, a, b) => {
    const difference = sub(g, a, b);
    return mul(g, difference, difference);
  }),
  Atan2: binary((g, a, b) => atan2(g, asFloat(g, a), asFloat(g, b))),
  AddN: ({ g, inputs }) => Object.values(inputs).reduce((total, x) => add(g, total, x)),

  Equal: comparison('Equal'),
  NotEqual: (call) => not(call.g, compare(call.g, 'Equal', ...arithmetic(call))),
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  Select: select,
};
