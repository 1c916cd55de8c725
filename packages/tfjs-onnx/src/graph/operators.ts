import { sizeOf } from '@attribution-bench/contract';
import { type OnnxType, onnxTypeCode } from '@attribution-bench/onnx';
import { apply, broadcastShape, ints, type Result, reshape, sameShape, scalar } from './apply.js';
import { fillOf, type GraphBuilder, producer, type Value } from './graph-builder.js';
import {
  beforeChannelsLast,
  blocksBefore,
  channelsFirst,
  channelsLast,
  firstToLast,
  fromBlocks,
  lastToFirst,
  toBlocks,
  withBlockAxis,
  withoutBlockAxis,
} from './layouts.js';
import { threadsAtMost } from './same-bytes.js';

export * from './apply.js';
export { channelsFirst, channelsLast } from './layouts.js';

export function cast(g: GraphBuilder, x: Value, type: OnnxType): Value {
  if (x.type === type) return x;
  const fill = fillOf(x);
  if (fill !== undefined) return g.fill(type, x.shape, castNumber(fill, type));
  return elementwise(g, 'Cast', [x], { type, attributes: { to: { int: onnxTypeCode(type) } } });
}

function castNumber(value: number, type: OnnxType): number {
  if (type === 'bool') return value === 0 ? 0 : 1;
  if (type === 'int32') return value | 0;
  return type === 'float32' ? Math.fround(value) : value;
}

/** What the operands of a pointwise operator are with channels first, when that is how one of them was made. */
function operandsChannelsFirst(g: GraphBuilder, operands: readonly Value[]): Value[] | undefined {
  if (!operands.some((operand) => beforeChannelsLast(operand) !== undefined)) return undefined;
  if (operands.some(({ shape }) => shape.length > 4)) return undefined;
  return operands.map((operand) => {
    if (sizeOf(operand.shape) === 1) return reshape(g, operand, []);
    return channelsFirst(g, reshape(g, operand, [1, 1, 1, 1, ...operand.shape].slice(-4)));
  });
}

/**
 * What the operands of a pointwise operator on images are in blocks, see {@link withBlockAxis}, when that is how one of them
 * was made and the others are images, numbers by channel, or one number.
 */
function operandsInBlocks(g: GraphBuilder, operands: readonly Value[], shape: readonly number[]): Value[] | undefined {
  if (!operands.some((operand) => blocksBefore(g, operand) !== undefined && sameShape(operand.shape, shape)))
    return undefined;
  const moved = operands.map((operand) => {
    if (operand.type !== 'float32') return undefined;
    if (sameShape(operand.shape, shape)) return withBlockAxis(g, toBlocks(g, operand));
    return sizeOf(operand.shape) === 1 ? reshape(g, operand, []) : byBlock(g, operand, shape);
  });
  return moved.every((operand) => operand !== undefined) ? moved : undefined;
}

/** Numbers for each channel of images, or of each image, by block; undefined for others. */
function byBlock(g: GraphBuilder, x: Value, shape: readonly number[]): Value | undefined {
  const channels = shape[3];
  const [batch, height, width, last] = [1, 1, 1, 1, ...x.shape].slice(-4);
  if (height !== 1 || width !== 1 || last !== channels || x.shape.length > 4) return undefined;
  return reshape(g, x, [batch, channels / g.channelBlock, 1, 1, g.channelBlock]);
}

/** Repeats along axes of size 1 (and missing leading ones) to the given shape. */
export function expand(g: GraphBuilder, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  const fill = fillOf(x);
  if (fill !== undefined) return g.fill(x.type, shape, fill);
  const inner = producer(x, 'Expand');
  if (inner?.inputs[0] !== undefined && inner.inputs[0].shape.length === x.shape.length)
    return expand(g, inner.inputs[0], shape);
  return apply(g, 'Expand', [x, ints(g, shape)], { shape });
}

/**
 * Elementwise operators broadcast by themselves: an operand that was expanded, or is one number everywhere, is used
 * before expansion as long as the result keeps its shape.
 */
function broadcastOperands(
  g: GraphBuilder,
  operands: readonly Value[],
): { shape: number[]; operands: readonly Value[] } {
  const shape = operands
    .map((operand) => operand.shape)
    .reduce((a, b) => broadcastShape(a, b), [] as readonly number[]);
  const current = [...operands];
  const shapeOf = (values: readonly Value[]) =>
    values.map((value) => value.shape).reduce((a, b) => broadcastShape(a, b), [] as readonly number[]);
  for (const [i, operand] of operands.entries()) {
    const fill = fillOf(operand);
    const smaller = fill === undefined ? producer(operand, 'Expand')?.inputs[0] : g.fill(operand.type, [], fill);
    if (smaller === undefined) continue;
    const trial = current.with(i, smaller);
    if (sameShape(shapeOf(trial), shape)) current[i] = smaller;
  }
  return { shape: [...shape], operands: current };
}

/** ONNX Runtime broadcasts run by run: short ones are repeated once instead of again and again. */
const shortestRun = 64;

/**
 * What is repeated along all of the two axes before the last, as it is once it was repeated along the last but one, where
 * the last is short: [channels] or [batch, 1, 1, channels] beside images. Of no lower rank than before.
 */
function longRows(g: GraphBuilder, x: Value, shape: readonly number[]): Value {
  const [rows, columns] = shape.slice(-2);
  if (shape.length < 3 || rows === 1 || columns === 1 || columns >= shortestRun || fillOf(x) !== undefined) return x;
  if (shape.length === 3) return longRowsOfStack(g, x, shape);
  const repeated = sameShape([1, 1, ...x.shape].slice(-3), [1, 1, columns]);
  if (!repeated || sizeOf(shape) <= sizeOf(x.shape) * rows) return x;
  const leading = x.shape.slice(0, Math.max(0, x.shape.length - 2));
  const matrix = [...leading, rows, columns];
  return apply(g, 'Expand', [reshape(g, x, [...leading, 1, columns]), ints(g, matrix)], { shape: matrix });
}

/** Rows that are repeated in each matrix of a stack, and a number for each row that is the same in all matrices. */
function longRowsOfStack(g: GraphBuilder, x: Value, [matrices, rows, columns]: readonly number[]): Value {
  if (matrices === 1) return x;
  if (sameShape(x.shape, [matrices, 1, columns]))
    return apply(g, 'Expand', [x, ints(g, [matrices, rows, columns])], { shape: [matrices, rows, columns] });
  if (!sameShape(x.shape, [matrices, rows, 1])) return x;
  const whole = producer(x, 'Reshape')?.inputs[0] ?? x;
  const once = producer(whole, 'Expand')?.inputs[0];
  if (once === undefined || sizeOf(once.shape) !== rows || !sameShape(whole.shape.slice(0, 2), [matrices, rows]))
    return x;
  const matrix = [1, rows, columns];
  return apply(g, 'Expand', [reshape(g, once, [1, rows, 1]), ints(g, matrix)], { shape: matrix });
}

/**
 * An elementwise operator on any number of operands that broadcast. Last axes of size 1 are left out: ONNX Runtime
 * would go through the others one element at a time.
 */
export function elementwise(
  g: GraphBuilder,
  op: string,
  inputs: readonly Value[],
  result: Omit<Result, 'shape'> = {},
): Value {
  const moved = operandsChannelsFirst(g, inputs);
  if (moved !== undefined) return channelsLast(g, elementwise(g, op, moved, result));
  const { shape, operands: small } = broadcastOperands(g, inputs);
  const blocks = result.type === undefined ? operandsInBlocks(g, small, shape) : undefined;
  if (blocks !== undefined) return fromBlocks(g, withoutBlockAxis(g, elementwise(g, op, blocks, result)));
  const operands = small.map((operand) => longRows(g, operand, shape));
  const inner = shape.findLastIndex((size) => size !== 1) + 1;
  if (inner === shape.length || inner === 0) return apply(g, op, operands, { ...result, shape });
  const trimmed = operands.map((operand) =>
    reshape(g, operand, operand.shape.slice(0, Math.max(0, operand.shape.length - (shape.length - inner)))),
  );
  return reshape(g, apply(g, op, trimmed, { ...result, shape: shape.slice(0, inner) }), shape);
}

/**
 * min(1, max(0, x · 3e38 + at0)): 0 below 0, 1 above, since the product of even the smallest normal number is above 1. One
 * operator, faster than a comparison and a choice.
 */
export function steepLine(g: GraphBuilder, x: Value, at0: 0 | 1): Value {
  return elementwise(g, 'HardSigmoid', [x], { attributes: { alpha: { float: 3e38 }, beta: { float: at0 } } });
}

export function add(g: GraphBuilder, a: Value, b: Value): Value {
  if (fillOf(a) === 0) return expand(g, b, broadcastShape(a.shape, b.shape));
  if (fillOf(b) === 0) return expand(g, a, broadcastShape(a.shape, b.shape));
  return foldFills(g, a, b, (x, y) => x + y) ?? elementwise(g, 'Add', [a, b]);
}

export function sub(g: GraphBuilder, a: Value, b: Value): Value {
  if (fillOf(b) === 0) return expand(g, a, broadcastShape(a.shape, b.shape));
  return foldFills(g, a, b, (x, y) => x - y) ?? elementwise(g, 'Sub', [a, b]);
}

export function mul(g: GraphBuilder, a: Value, b: Value): Value {
  if (fillOf(a) === 1) return expand(g, b, broadcastShape(a.shape, b.shape));
  if (fillOf(b) === 1) return expand(g, a, broadcastShape(a.shape, b.shape));
  if (a.type === 'int32') return foldFills(g, a, b, Math.imul) ?? elementwise(g, 'Mul', [a, b]);
  return foldFills(g, a, b, (x, y) => x * y) ?? elementwise(g, 'Mul', [a, b]);
}

export function div(g: GraphBuilder, a: Value, b: Value): Value {
  if (fillOf(b) === 1) return expand(g, a, broadcastShape(a.shape, b.shape));
  if (a.type === 'float32') {
    const folded = foldFills(g, a, b, (x, y) => x / y);
    if (folded !== undefined) return folded;
  }
  return elementwise(g, 'Div', [a, b]);
}

function foldFills(g: GraphBuilder, a: Value, b: Value, f: (x: number, y: number) => number): Value | undefined {
  const x = fillOf(a);
  const y = fillOf(b);
  if (x === undefined || y === undefined) return undefined;
  return g.fill(a.type, broadcastShape(a.shape, b.shape), castNumber(f(x, y), a.type));
}

export function where(g: GraphBuilder, condition: Value, yes: Value, no: Value): Value {
  return elementwise(g, 'Where', [condition, yes, no], { type: yes.type });
}

export function compare(g: GraphBuilder, op: string, a: Value, b: Value): Value {
  return elementwise(g, op, [a, b], { type: 'bool' });
}

/** The product of two matrices, either one transposed first. */
export function gemm(
  g: GraphBuilder,
  a: Value,
  b: Value,
  { transA = false, transB = false }: { readonly transA?: boolean; readonly transB?: boolean } = {},
): Value {
  return apply(g, 'Gemm', [a, b], {
    shape: [a.shape[transA ? 1 : 0], b.shape[transB ? 0 : 1]],
    attributes: { transA: { int: transA ? 1 : 0 }, transB: { int: transB ? 1 : 0 } },
  });
}

/** Sum, mean, product, maximum or minimum over axes, given in any order. */
export function reduce(
  g: GraphBuilder,
  op: 'ReduceSum' | 'ReduceMean' | 'ReduceProd' | 'ReduceMax' | 'ReduceMin',
  x: Value,
  axes: readonly number[],
  keepDims = false,
): Value {
  const reduced = new Set(axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis)));
  const kept = x.shape.map((size, axis) => (reduced.has(axis) ? 1 : size));
  const shape = keepDims ? kept : x.shape.filter((_, axis) => !reduced.has(axis));
  if ([...reduced].every((axis) => x.shape[axis] === 1)) return reshape(g, x, shape);
  const before = beforeChannelsLast(x);
  if (before !== undefined) {
    const axesBefore = [...reduced].map((axis) => firstToLast[axis]);
    return reshape(g, channelsLast(g, reduce(g, op, before, axesBefore, true)), shape);
  }
  if (blocksBefore(g, x) !== undefined && (op === 'ReduceSum' || op === 'ReduceMean') && isOverPixels(reduced))
    return reshape(g, reduceBlocks(g, op, x, reduced.has(0)), shape);
  const fill = fillOf(x);
  if (fill !== undefined && op !== 'ReduceProd') {
    const count = op === 'ReduceSum' ? sizeOf(x.shape) / Math.max(1, sizeOf(kept)) : 1;
    return g.fill(x.type, shape, castNumber(fill * count, x.type));
  }
  if (op === 'ReduceSum' && x.type === 'float32' && isSumOfPixels(x, reduced))
    return reshape(g, sumOfPixels(g, x), shape);
  return apply(
    g,
    op,
    [
      x,
      ints(
        g,
        [...reduced].sort((a, b) => a - b),
      ),
    ],
    {
      shape,
      attributes: { keepdims: { int: keepDims ? 1 : 0 } },
    },
  );
}

const isOverPixels = (axes: ReadonlySet<number>): boolean => axes.has(1) && axes.has(2) && !axes.has(3);

/** Over the pixels of images that were in blocks, [batch, channels], and over the batch where asked for, [channels]. */
function reduceBlocks(g: GraphBuilder, op: 'ReduceSum' | 'ReduceMean', x: Value, batchToo: boolean): Value {
  const [batch, height, width, channels] = x.shape;
  const rows = reshape(g, toBlocks(g, x), [(batch * channels) / g.channelBlock, height * width, g.channelBlock]);
  const reduced = reshape(g, reduce(g, op, rows, [1]), [batch, channels]);
  return batchToo ? reduce(g, op, reduced, [0]) : reduced;
}

/** Whether all pixels of images [batch, height, width, channels] are added up, of so many that threads get whole ones. */
function isSumOfPixels({ shape }: Value, axes: ReadonlySet<number>): boolean {
  return shape.length === 4 && shape[0] >= threadsAtMost && shape[3] > 1 && axes.size === 3 && !axes.has(3);
}

/** [channels]: products with ones, image by image, take half the time of adding up all at once. */
function sumOfPixels(g: GraphBuilder, x: Value): Value {
  const [batch, height, width, channels] = x.shape;
  const pixels = height * width;
  const sums = apply(g, 'MatMul', [g.fill('float32', [1, 1, pixels], 1), reshape(g, x, [batch, pixels, channels])], {
    shape: [batch, 1, channels],
  });
  return reduce(g, 'ReduceSum', reshape(g, sums, [batch, channels]), [0]);
}

interface Range {
  readonly axis: number;
  readonly begin: number;
  readonly size: number;
  readonly step?: number;
}

/** Whether a range of images is one of whole blocks of channels. */
const isOfBlocks = ({ channelBlock }: GraphBuilder, { axis, begin, size, step = 1 }: Range): boolean =>
  axis === 3 && step === 1 && begin % channelBlock === 0 && size % channelBlock === 0;

/** x[begin : end : step] along each of the given axes; `end` exclusive, steps may be negative. */
export function slice(g: GraphBuilder, x: Value, axes: readonly Range[]): Value {
  const cut = axes.filter(({ axis, size, step = 1 }) => size !== x.shape[axis] || step !== 1);
  const shape = x.shape.map((size, axis) => cut.find((range) => range.axis === axis)?.size ?? size);
  if (cut.length === 0) return x;
  const fill = fillOf(x);
  if (fill !== undefined) return g.fill(x.type, shape, fill);
  const before = beforeChannelsLast(x);
  if (before !== undefined) {
    const moved = cut.map((range) => ({ ...range, axis: firstToLast[range.axis] }));
    return channelsLast(g, slice(g, before, moved));
  }
  const blocks = blocksBefore(g, x);
  if (blocks !== undefined && cut.every((range) => isOfBlocks(g, range)))
    return fromBlocks(
      g,
      slice(
        g,
        blocks,
        cut.map((range) => ({ ...range, axis: 1 })),
      ),
    );
  const ends = cut.map(({ begin, size, step = 1 }) => {
    const end = begin + size * step;
    return step < 0 && end < 0 ? Number.MIN_SAFE_INTEGER : end;
  });
  return apply(
    g,
    'Slice',
    [
      x,
      ints(
        g,
        cut.map(({ begin }) => begin),
      ),
      ints(g, ends),
      ints(
        g,
        cut.map(({ axis }) => axis),
      ),
      ints(
        g,
        cut.map(({ step = 1 }) => step),
      ),
    ],
    { shape },
  );
}

export function concat(g: GraphBuilder, parts: readonly Value[], axis: number): Value {
  const full = parts.filter((part) => part.shape[axis] !== 0);
  if (full.length === 1) return full[0];
  const used = full.length === 0 ? parts.slice(0, 1) : full;
  const shape = used[0].shape.with(
    axis,
    used.reduce((total, part) => total + part.shape[axis], 0),
  );
  const fills = used.map(fillOf);
  if (fills[0] !== undefined && fills.every((fill) => Object.is(fill, fills[0])))
    return g.fill(used[0].type, shape, fills[0]);
  const ofBlocks = axis === 3 && used.every(({ shape }) => shape.length === 4 && shape[3] % g.channelBlock === 0);
  if (ofBlocks && used.some((part) => blocksBefore(g, part) !== undefined)) {
    const blocks = used.map((part) => toBlocks(g, part));
    return fromBlocks(g, concat(g, blocks, 1));
  }
  if (used.every((part) => beforeChannelsLast(part) !== undefined))
    return channelsLast(
      g,
      concat(
        g,
        used.map((part) => channelsFirst(g, part)),
        firstToLast[axis],
      ),
    );
  return apply(g, 'Concat', used, { shape, attributes: { axis: { int: axis } } });
}

/** Every run of `length` numbers so many times, one after the other: [runs, times, length]. */
export function repeated(g: GraphBuilder, x: Value, times: number, length: number): Value {
  const runs = reshape(g, x, [sizeOf(x.shape) / length, 1, length]);
  return concat(g, Array<Value>(times).fill(runs), 1);
}

export function pad(
  g: GraphBuilder,
  x: Value,
  paddings: readonly (readonly [number, number])[],
  value: number,
  mode: 'constant' | 'reflect' = 'constant',
): Value {
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return x;
  const shape = x.shape.map((size, axis) => size + paddings[axis][0] + paddings[axis][1]);
  if (Object.is(fillOf(x), value)) return g.fill(x.type, shape, value);
  const before = beforeChannelsLast(x);
  if (before !== undefined) {
    const moved = lastToFirst.map((axis) => paddings[axis]);
    return channelsLast(g, pad(g, before, moved, value, mode));
  }
  const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
  return apply(g, 'Pad', [x, ints(g, pads), ...(mode === 'constant' ? [scalar(g, value, x.type)] : [])], {
    shape,
    attributes: { mode: { string: mode } },
  });
}
