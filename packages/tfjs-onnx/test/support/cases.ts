import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { float, int, type KernelCase, type Operand } from './compare.js';

type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor) => Tensor;

/** Linear functions have no second derivative to compare. */
const squaredSub: Binary = (a, b) => tf.square(tf.sub(a, b));

const unary = (name: string, f: Unary, x: Operand, tolerance?: number): KernelCase => ({
  name,
  operands: { x },
  fn: (inputs) => f(inputs.x),
  ...(tolerance === undefined ? {} : { tolerance }),
});

const binary = (name: string, f: Binary, a: Operand, b: Operand): KernelCase => ({
  name: `${name} [${a.shape}] [${b.shape}]${a.dtype === 'int32' ? ' int32' : ''}`,
  operands: { a, b },
  fn: (inputs) => f(inputs.a, inputs.b),
});

const shapePairs: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [3, 4],
    [3, 4],
  ],
  [[2, 3, 4], [4]],
  [
    [2, 1, 4],
    [3, 1],
  ],
  [[], [5]],
];

const broadcasts = (name: string, f: Binary, low = -2, high = 2): KernelCase[] =>
  shapePairs.map(([a, b]) => binary(name, f, float(a, low, high), float(b, low, high)));

/** Functions whose second derivative exists almost everywhere; inputs keep clear of the places where it does not. */
export const smoothCases: readonly KernelCase[] = [
  unary('square', tf.square, float([3, 4])),
  unary('sqrt', tf.sqrt, float([3, 4], 0.5, 3)),
  unary('rsqrt', tf.rsqrt, float([3, 4], 0.5, 3)),
  unary('exp', tf.exp, float([3, 4])),
  unary('expm1', tf.expm1, float([3, 4])),
  unary('log', tf.log, float([3, 4], 0.5, 3)),
  unary('log1p', tf.log1p, float([3, 4], -0.5, 3)),
  unary('neg', (x) => tf.square(tf.neg(x)), float([3, 4])),
  unary('abs', tf.abs, float([3, 4], 0.2, 2)),
  unary('reciprocal', tf.reciprocal, float([3, 4], 0.5, 2)),
  unary('sigmoid', tf.sigmoid, float([3, 4])),
  unary('logSigmoid', tf.logSigmoid, float([3, 4])),
  unary('tanh', tf.tanh, float([3, 4])),
  unary('softplus', tf.softplus, float([3, 4])),
  unary('elu', tf.elu, float([12], -2, -0.1)),
  unary('elu above zero', tf.elu, float([12], 0.1, 2)),
  unary('selu', tf.selu, float([12], -2, -0.1)),
  unary('relu', tf.relu, float([12], 0.1, 2)),
  unary('relu below zero', (x) => tf.add(tf.relu(x), tf.square(x)), float([12], -2, -0.1)),
  unary('relu6', (x) => tf.square(tf.relu6(x)), float([12], 0.2, 5)),
  unary('leakyRelu', (x) => tf.square(tf.leakyRelu(x, 0.3)), float([12], -2, -0.2)),
  unary('clipByValue', (x) => tf.square(tf.clipByValue(x, -3, 3)), float([12])),
  unary('sin', tf.sin, float([3, 4])),
  unary('cos', tf.cos, float([3, 4])),
  unary('tan', tf.tan, float([3, 4], -1, 1)),
  unary('asin', tf.asin, float([3, 4], -0.8, 0.8)),
  unary('acos', tf.acos, float([3, 4], -0.8, 0.8)),
  unary('atan', tf.atan, float([3, 4])),
  unary('sinh', tf.sinh, float([3, 4])),
  unary('cosh', tf.cosh, float([3, 4])),
  unary('asinh', tf.asinh, float([3, 4])),
  unary('acosh', tf.acosh, float([3, 4], 1.5, 3)),
  unary('atanh', tf.atanh, float([3, 4], -0.8, 0.8)),
  unary('erf', tf.erf, float([3, 4])),
  unary('gelu', (x) => tf.mul(tf.mul(0.5, x), tf.add(1, tf.erf(tf.div(x, Math.SQRT2)))), float([3, 4])),
  unary('silu', (x) => tf.mul(x, tf.sigmoid(x)), float([3, 4])),
  unary('pow, constant exponent', (x) => tf.pow(x, 2.5), float([3, 4], 0.5, 2)),
  unary('pow 2', (x) => tf.pow(x, 2), float([3, 4])),
  unary('pow 3', (x) => tf.pow(x, 3), float([3, 4], 0.3, 2)),
  ...broadcasts('add', (a, b) => tf.square(tf.add(a, b))),
  ...broadcasts('sub', (a, b) => tf.square(tf.sub(a, b))),
  ...broadcasts('mul', tf.mul),
  ...broadcasts('div', tf.div, 0.5, 2),
  // Vectors of a high rank, the result of which is one too, or takes its rank from one.
  binary('sub of vectors of rank 5', squaredSub, float([1, 1, 1, 1, 2]), float([1, 1, 1, 1, 2])),
  binary('sub of a vector of rank 4 and a matrix', squaredSub, float([1, 1, 1, 2]), float([3, 2])),
  ...broadcasts('pow', tf.pow, 0.5, 2),
  ...broadcasts('squaredDifference', tf.squaredDifference),
  binary('maximum', (a, b) => tf.square(tf.maximum(a, b)), float([3, 4], -2, 0), float([4], 0.1, 2)),
  binary('minimum', (a, b) => tf.square(tf.minimum(a, b)), float([3, 4], -2, 0), float([4], 0.1, 2)),
  binary('atan2', tf.atan2, float([3, 4], 0.5, 2), float([3, 4], 0.5, 2)),
  {
    name: 'where',
    operands: { a: float([3, 4]), b: float([3, 4]) },
    fn: ({ a, b }) => tf.where(tf.greater(a, tf.scalar(5)), tf.square(b), tf.mul(a, tf.exp(b))),
  },
  { name: 'prelu', operands: { x: float([3, 4], -2, -0.2), a: float([4]) }, fn: ({ x, a }) => tf.prelu(x, a) },
  unary('softmax', (x) => tf.softmax(x), float([3, 4])),
  unary('logSoftmax', (x) => tf.logSoftmax(x), float([3, 4])),
  unary('logSoftmax of a stack', (x) => tf.square(tf.logSoftmax(x)), float([2, 3, 4])),
  unary('logSumExp', (x) => tf.logSumExp(x, 1), float([3, 4])),
  {
    name: 'softmaxCrossEntropy',
    operands: { x: float([5, 3]), y: int([5], 0, 2) },
    fn: ({ x, y }) => tf.losses.softmaxCrossEntropy(tf.oneHot(y as tf.Tensor1D, 3), x),
  },
  {
    name: 'sigmoidCrossEntropy',
    operands: { x: float([5, 3]), y: float([5, 3], 0, 1) },
    fn: ({ x, y }) => tf.losses.sigmoidCrossEntropy(y, x),
  },
  unary('sum of all', (x) => tf.square(tf.sum(x)), float([3, 4])),
  unary('sum over axes 0, 2', (x) => tf.square(tf.sum(x, [0, 2])), float([2, 3, 4])),
  unary('mean over axis -1', (x) => tf.square(tf.mean(x, -1, true)), float([2, 3, 4])),
  unary('prod over axis 1', (x) => tf.prod(x, 1), float([3, 4], 0.5, 2)),
  unary('max over axis 1', (x) => tf.square(tf.max(x, 1)), float([3, 4])),
  unary('min over axis 0', (x) => tf.square(tf.min(x, 0, true)), float([3, 4])),
  unary('moments', (x) => tf.moments(x, [0]).variance, float([5, 3])),
  unary('norm', (x) => tf.norm(x, 'euclidean', 1), float([5, 3])),
  unary('cumsum', (x) => tf.square(tf.cumsum(x, 1)), float([3, 4])),
  unary('cumsum over axis 0', (x) => tf.square(tf.cumsum(x, 0, true, true)), float([3, 4])),
  unary('reshape, transpose', (x) => tf.square(tf.transpose(tf.reshape(x, [2, 3, 4]), [2, 0, 1])), float([6, 4])),
  unary('expandDims, squeeze', (x) => tf.square(tf.squeeze(tf.expandDims(x, 1), [1])), float([6, 4])),
  {
    name: 'concat',
    operands: { a: float([2, 3]), b: float([2, 1]) },
    fn: ({ a, b }) => tf.square(tf.concat([a, b, a], 1)),
  },
  { name: 'stack', operands: { a: float([3]), b: float([3]) }, fn: ({ a, b }) => tf.square(tf.stack([a, b], 1)) },
  unary('unstack', (x) => tf.mul(tf.unstack(x, 1)[0], tf.unstack(x, 1)[2]), float([4, 3])),
  unary('slice', (x) => tf.square(tf.slice(x, [1, 0], [2, -1])), float([4, 3])),
  unary('split', (x) => tf.mul(...(tf.split(x, 2, 1) as [Tensor, Tensor])), float([3, 4])),
  unary(
    'pad',
    (x) =>
      tf.exp(
        tf.pad(
          x,
          [
            [1, 2],
            [0, 1],
          ],
          0.5,
        ),
      ),
    float([3, 4]),
  ),
  unary('tile', (x) => tf.square(tf.tile(x, [2, 3])), float([3, 4])),
  unary('broadcastTo (tile)', (x) => tf.square(tf.broadcastTo(x, [2, 3, 4])), float([3, 1])),
  unary('reverse', (x) => tf.square(tf.reverse(x, [0, 1])), float([3, 4])),
  { name: 'matMul', operands: { a: float([3, 4]), b: float([4, 2]) }, fn: ({ a, b }) => tf.square(tf.matMul(a, b)) },
  {
    name: 'matMul, both transposed',
    operands: { a: float([4, 3]), b: float([2, 4]) },
    fn: ({ a, b }) => tf.square(tf.matMul(a, b, true, true)),
  },
  ...[false, true].flatMap((transposeA) =>
    [false, true].map(
      (transposeB): KernelCase => ({
        name: `matMul of stacks, transposed ${transposeA} ${transposeB}`,
        operands: { a: float(transposeA ? [3, 4, 5] : [3, 5, 4]), b: float(transposeB ? [3, 2, 4] : [3, 4, 2]) },
        fn: ({ a, b }) => tf.square(tf.matMul(a, b, transposeA, transposeB)),
      }),
    ),
  ),
  {
    name: 'matMul plus a number',
    operands: { a: float([3, 4]), b: float([4, 2]) },
    fn: ({ a, b }) => tf.square(tf.add(tf.matMul(a, b), 0.5)),
  },
  {
    name: 'matMul of a transposed stack',
    operands: { a: float([3, 4, 5]), b: float([3, 4, 2]) },
    fn: ({ a, b }) => tf.square(tf.matMul(tf.transpose(a, [0, 2, 1]), b)),
  },
  { name: 'dot', operands: { a: float([4]), b: float([4]) }, fn: ({ a, b }) => tf.square(tf.dot(a, b)) },
  {
    name: 'outerProduct',
    operands: { a: float([4]), b: float([3]) },
    fn: ({ a, b }) => tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D),
  },
  {
    name: 'dense layer',
    operands: { x: float([5, 4]), w: float([4, 3]), b: float([3]) },
    fn: ({ x, w, b }) => tf.tanh(tf.add(tf.matMul(x, w), b)),
  },
  {
    name: 'gather rows',
    operands: { x: float([6, 3]), i: int([4], 0, 5) },
    fn: ({ x, i }) => tf.square(tf.gather(x, i as tf.Tensor1D)),
  },
  {
    name: 'gather along axis 1, repeated',
    operands: { x: float([2, 5, 3]), i: int([7], 0, 4) },
    fn: ({ x, i }) => tf.square(tf.gather(x, i as tf.Tensor1D, 1)),
  },
  {
    name: 'unsortedSegmentSum',
    operands: { x: float([6, 2]), i: int([6], 0, 3) },
    fn: ({ x, i }) => tf.square(tf.unsortedSegmentSum(x, i as tf.Tensor1D, 4)),
  },
  {
    name: 'batchNorm',
    operands: { x: float([2, 3, 4]), m: float([4]), v: float([4], 0.5, 2), o: float([4]), s: float([4]) },
    fn: ({ x, m, v, o, s }) =>
      tf.square(tf.batchNorm(x, m as tf.Tensor1D, v as tf.Tensor1D, o as tf.Tensor1D, s as tf.Tensor1D, 0.01)),
  },
];

/** Whatever has no interesting gradient, or none in TensorFlow.js. */
export const valueCases: readonly KernelCase[] = [
  unary('ceil, floor, round', (x) => tf.stack([tf.ceil(x), tf.floor(x), tf.round(x)]), float([20], -5, 5)),
  unary('round of halves', (x) => tf.round(tf.div(tf.cast(x, 'float32'), 2)), int([20], -9, 9)),
  unary('sign', tf.sign, float([12])),
  unary('step', (x) => tf.step(x, 0.25), float([12])),
  unary('abs int32', tf.abs, int([12])),
  unary('neg int32', tf.neg, int([12])),
  unary('sign int32', tf.sign, int([12])),
  unary('square int32', tf.square, int([12])),
  unary('relu int32', tf.relu, int([12])),
  unary('exp int32', tf.exp, int([12], -3, 3)),
  unary('log1p near zero', tf.log1p, float([50], -1e-4, 1e-4), 1e-11),
  unary('expm1 near zero', tf.expm1, float([50], -1e-4, 1e-4), 1e-11),
  unary('log1p large', tf.log1p, float([50], 0, 1e6)),
  {
    name: 'addN',
    operands: { a: float([3, 4]), b: float([3, 4]) },
    fn: ({ a, b }) => tf.addN([a, b, a]),
  },
  unary(
    'isNaN, isInf, isFinite',
    (x) => {
      const odd = tf.concat([tf.log(x), tf.div(x, 0)]);
      return tf.stack([tf.isNaN(odd), tf.isInf(odd), tf.isFinite(odd)].map((b) => tf.cast(b, 'int32')));
    },
    float([12]),
  ),
  unary('relu at the ends', (x) => tf.relu6(x), float([30], -10, 10)),
  unary('leakyRelu', (x) => tf.leakyRelu(x), float([12])),
  unary('elu', tf.elu, float([12])),
  unary('clipByValue', (x) => tf.clipByValue(x, -1, 0.5), float([12])),
  ...(
    [
      ['equal', tf.equal],
      ['notEqual', tf.notEqual],
      ['greater', tf.greater],
      ['greaterEqual', tf.greaterEqual],
      ['less', tf.less],
      ['lessEqual', tf.lessEqual],
    ] as const
  ).flatMap(([name, f]) => [
    binary(name, f, int([4, 5], -2, 2), int([5], -2, 2)),
    binary(name, f, float([4, 5]), float([4, 1])),
  ]),
  {
    name: 'logical operations',
    operands: { a: int([12], 0, 1), b: int([12], 0, 1) },
    fn: ({ a, b }) => {
      const [p, q] = [tf.cast(a, 'bool'), tf.cast(b, 'bool')];
      return [tf.logicalAnd(p, q), tf.logicalOr(p, q), tf.logicalXor(p, q), tf.logicalNot(p), tf.any(p), tf.all(p)];
    },
  },
  ...shapePairs.flatMap(([a, b]) => [
    binary('add', tf.add, int(a), int(b)),
    binary('sub', tf.sub, int(a), int(b)),
    binary('mul', tf.mul, int(a), int(b)),
    binary('maximum', tf.maximum, int(a), int(b)),
    binary('minimum', tf.minimum, int(a), int(b)),
    binary('floorDiv', tf.floorDiv, int(a, -9, 9), int(b, 1, 4)),
    binary('floorDiv by negative', tf.floorDiv, int(a, -9, 9), int(b, -4, -1)),
    binary('mod', tf.mod, int(a, 0, 9), int(b, 1, 4)),
  ]),
  binary('mod', tf.mod, float([30], -5, 5), float([30], 0.5, 2)),
  binary('mod by negative', tf.mod, float([30], -5, 5), float([30], -2, -0.5)),
  binary('floorDiv', tf.floorDiv, float([30], -5, 5), float([30], 0.5, 2)),
  binary('atan2', tf.atan2, float([40]), float([40])),
  {
    name: 'atan2 on the axes',
    operands: { a: int([40], -1, 1), b: int([40], -1, 1) },
    fn: ({ a, b }) => tf.atan2(tf.cast(a, 'float32'), tf.cast(b, 'float32')),
  },
  {
    name: 'add of int32 and float32',
    operands: { a: int([4]), b: float([4]) },
    fn: ({ a, b }) => tf.add(a, b),
  },
  unary('cast to int32', (x) => tf.cast(x, 'int32'), float([20], -5, 5)),
  unary('cast to bool', (x) => tf.cast(x, 'bool'), int([20], -1, 1)),
  unary('prod int32', (x) => tf.prod(x, 1), int([3, 4], 1, 4)),
  unary('sum int32', (x) => tf.sum(x, 0), int([3, 4])),
  unary('mean int32', (x) => tf.mean(x, 0), int([3, 4])),
  unary('max, min int32', (x) => [tf.max(x, 0), tf.min(x, [0, 1])] as unknown as Tensor, int([3, 4])),
  unary('argMax', (x) => tf.argMax(x, 1), float([3, 7])),
  unary('argMin', (x) => tf.argMin(x, 0), float([3, 7])),
  unary('argMax of ties', (x) => tf.argMax(x, -1), int([6, 7], 0, 2)),
  unary('cumprod', (x) => tf.cumprod(x, 1, true, true), float([3, 5])),
  unary('cumsum int32', (x) => tf.cumsum(x, 1), int([3, 5])),
  unary(
    'topk',
    (x) => {
      const { values, indices } = tf.topk(x, 3);
      return [values, indices] as unknown as Tensor;
    },
    float([4, 9]),
  ),
  unary('topk of ties', (x) => tf.topk(x, 4).indices, int([4, 9], 0, 2)),
  unary('stridedSlice', (x) => tf.stridedSlice(x, [0, 1], [4, 5], [2, 2]), float([4, 5])),
  unary('stridedSlice backwards', (x) => tf.stridedSlice(x, [3, 4], [-5, 0], [-1, -2], 0, 1), float([4, 5])),
  unary('stridedSlice, masks', (x) => tf.stridedSlice(x, [1, 0], [2, 3], [1, 1], 0, 0, 0, 0, 1), float([4, 5])),
  unary(
    'mirrorPad reflect',
    (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 2],
          [2, 1],
        ],
        'reflect',
      ),
    float([3, 4]),
  ),
  unary(
    'mirrorPad symmetric',
    (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 2],
          [2, 0],
        ],
        'symmetric',
      ),
    float([3, 4]),
  ),
  unary('tile int32', (x) => tf.tile(x, [2, 2]), int([2, 3])),
  unary('gather int32', (x) => tf.gather(x, [2, 0, 1, 1]), int([3, 4])),
  unary('oneHot', (x) => tf.oneHot(x as tf.Tensor1D, 4), int([12], -1, 5)),
  unary('oneHot, values', (x) => tf.oneHot(x as tf.Tensor1D, 4, 0.9, 0.1), int([12], 0, 3)),
  unary('zerosLike, onesLike', (x) => tf.add(tf.onesLike(x), tf.zerosLike(x)), float([3, 4])),
  unary(
    'range, linspace, fill',
    (x) => {
      const grid = tf.add(tf.range(0, 8, 2), tf.linspace(0, 1, 4));
      return tf.add(tf.mul(x, grid), tf.fill([4], 7));
    },
    float([4]),
  ),
  unary('eye', (x) => tf.matMul(x as tf.Tensor2D, tf.eye(3)), float([2, 3])),
  {
    name: 'gather with batch dimensions',
    operands: { x: float([3, 5, 2]), i: int([3, 4], 0, 4) },
    fn: ({ x, i }) => tf.gather(x, i as tf.Tensor1D, 1, 1),
  },
  {
    name: 'gather with batch dimensions behind another axis',
    operands: { x: float([3, 2, 5, 4]), i: int([3, 2], 0, 4) },
    fn: ({ x, i }) => tf.gather(x, i as tf.Tensor1D, 2, 1),
  },
  {
    name: 'gatherND',
    operands: { x: float([3, 4, 2]), i: int([5, 2], 0, 2) },
    fn: ({ x, i }) => tf.gatherND(x, i),
  },
  {
    name: 'scatterND',
    operands: { x: float([5, 2]), i: int([5, 1], 0, 5) },
    fn: ({ x, i }) => tf.scatterND(i, x, [6, 2]),
  },
  {
    name: 'unsortedSegmentSum drops negative segments',
    operands: { x: float([8, 2]), i: int([8], -1, 2) },
    fn: ({ x, i }) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, 3),
  },
  {
    name: 'einsum',
    operands: { a: float([3, 4, 2]), b: float([3, 2, 5]) },
    fn: ({ a, b }) => tf.einsum('bij,bjk->bik', a, b),
  },
  {
    name: 'matMul with a broadcast stack',
    operands: { a: float([2, 3, 4, 5]), b: float([1, 3, 5, 2]) },
    fn: ({ a, b }) => tf.matMul(a, b),
  },
  {
    name: 'fused matMul',
    operands: { a: float([3, 4]), b: float([4, 2]), bias: float([2]) },
    fn: ({ a, b, bias }) =>
      (['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const).map((activation) =>
        tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias, activation }),
      ),
  },
  unary('constants are computed', (x) => tf.add(x, tf.exp(tf.matMul(tf.ones([3, 2]), tf.ones([2, 4])))), float([3, 4])),
];
