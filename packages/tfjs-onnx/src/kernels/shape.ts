import { sizeOf } from '@attribution-bench/contract';
import type { OnnxType } from '@attribution-bench/onnx';
import type {
  CastAttrs,
  ConcatAttrs,
  ExpandDimsAttrs,
  FillAttrs,
  LinSpaceAttrs,
  MirrorPadAttrs,
  PackAttrs,
  PadV2Attrs,
  RangeAttrs,
  ReshapeAttrs,
  ReverseAttrs,
  SliceAttrs,
  SplitVAttrs,
  StridedSliceAttrs,
  Tensor,
  TensorInfo,
  TileAttrs,
  TransposeAttrs,
  UnpackAttrs,
} from '@tensorflow/tfjs';
import type { GraphBuilder, Value } from '../graph/graph-builder.js';
import { apply, cast, concat, expand, ints, pad, reshape, slice, transpose } from '../graph/operators.js';
import { tf } from '../tensorflow.js';
import type { Lowerings } from './lowering.js';

/** The ONNX type of a TensorFlow.js dtype. */
export function typeOf(dtype: string): OnnxType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new Error(`tensors of dtype ${dtype} cannot be compiled`);
}

function insertAxis(g: GraphBuilder, x: Value, axis: number): Value {
  return reshape(g, x, x.shape.toSpliced(axis, 0, 1));
}

const fromEnd = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

function sliceKernel(g: GraphBuilder, x: Value, begin: readonly number[], size: readonly number[]): Value {
  return slice(
    g,
    x,
    begin.map((start, axis) => ({ axis, begin: start, size: size[axis] })),
  );
}

function stridedSlice(g: GraphBuilder, x: Value, attributes: StridedSliceAttrs): Value {
  const info = tf.slice_util.sliceInfo(
    [...x.shape],
    attributes.begin,
    attributes.end,
    attributes.strides,
    attributes.beginMask,
    attributes.endMask,
    attributes.ellipsisMask,
    attributes.newAxisMask,
    attributes.shrinkAxisMask,
  );
  const sizes = tf.slice_util.computeOutShape(info.begin, info.end, info.strides);
  if (sizes.some((size) => size === 0)) return g.fill(x.type, info.finalShape, 0);
  const cut = slice(
    g,
    x,
    info.begin.map((begin, axis) => ({ axis, begin, size: sizes[axis], step: info.strides[axis] })),
  );
  return reshape(g, cut, info.finalShape);
}

function split(g: GraphBuilder, x: Value, { numOrSizeSplits, axis }: SplitVAttrs): Value[] {
  const along = fromEnd(axis, x.shape.length);
  const sizes = tf.backend_util.prepareSplitSize({ shape: [...x.shape] } as Tensor, numOrSizeSplits, along);
  let begin = 0;
  return sizes.map((size) => {
    const part = slice(g, x, [{ axis: along, begin, size }]);
    begin += size;
    return part;
  });
}

/** Mirrors at the edge itself (`symmetric`) or at the element next to it (`reflect`). */
function mirrorPad(g: GraphBuilder, x: Value, { paddings, mode }: MirrorPadAttrs): Value {
  if (mode === 'reflect') return pad(g, x, paddings, 0, 'reflect');
  return paddings.reduce((padded, [before, after], axis) => {
    const size = padded.shape[axis];
    const mirrored = (begin: number, length: number) => slice(g, padded, [{ axis, begin, size: length, step: -1 }]);
    return concat(
      g,
      [
        ...(before > 0 ? [mirrored(before - 1, before)] : []),
        padded,
        ...(after > 0 ? [mirrored(size - 1, after)] : []),
      ],
      axis,
    );
  }, x);
}

function tile(g: GraphBuilder, x: Value, reps: readonly number[]): Value {
  const shape = x.shape.map((size, axis) => size * reps[axis]);
  if (x.shape.every((size, axis) => size === 1 || reps[axis] === 1)) return expand(g, x, shape);
  return apply(g, 'Tile', [x, ints(g, reps)], { shape });
}

function numbers(g: GraphBuilder, dtype: string, count: number, at: (i: number) => number): Value {
  const type = typeOf(dtype);
  const data = type === 'float32' ? new Float32Array(count) : new Int32Array(count);
  for (let i = 0; i < count; i++) data[i] = at(i);
  return g.constant(type, [count], data);
}

function range(g: GraphBuilder, { start, stop, step, dtype }: RangeAttrs): Value {
  const towards = start < stop ? step : step === 1 ? -1 : step;
  const count = start === stop || start < stop !== towards > 0 ? 0 : Math.abs(Math.ceil((stop - start) / towards));
  return numbers(g, dtype, count, (i) => start + i * towards);
}

/** A constant with one number everywhere; of a value's shape, TensorFlow.js needs nothing but that. */
const filled = (value: number) => {
  return ({ g, stored: { x } }: { g: GraphBuilder; stored: Readonly<Record<string, Value>> }): Value =>
    g.fill(x.type === 'uint8' ? 'int32' : x.type, x.shape, value);
};

export const shapeKernels: Lowerings = {
  Identity: ({ stored }) => stored.x,
  Reshape: ({ g, stored: { x }, attributes }) => {
    const shape = tf.util.inferFromImplicitShape(attributes<ReshapeAttrs>().shape, sizeOf(x.shape));
    if (sizeOf(shape) !== sizeOf(x.shape)) throw new Error(`a tensor [${x.shape}] cannot be reshaped to [${shape}]`);
    return reshape(g, x, shape);
  },
  ExpandDims: ({ g, stored: { input }, attributes }) =>
    insertAxis(g, input, fromEnd(attributes<ExpandDimsAttrs>().dim, input.shape.length + 1)),
  Transpose: ({ g, stored: { x }, attributes }) => transpose(g, x, attributes<TransposeAttrs>().perm),
  Cast: ({ g, stored: { x }, attributes }) => cast(g, x, typeOf(attributes<CastAttrs>().dtype)),
  Concat: ({ g, inputs, attributes }) => {
    const parts = Object.values(inputs);
    const axis = fromEnd(attributes<ConcatAttrs>().axis, parts[0].shape.length);
    const shapes = parts.map(({ shape }) => [...shape]);
    tf.backend_util.assertParamsConsistent(shapes, axis);
    return concat(g, parts, axis);
  },
  Pack: ({ g, inputs, attributes }) => {
    const parts = Object.values(inputs);
    const axis = fromEnd(attributes<PackAttrs>().axis, parts[0].shape.length + 1);
    return concat(
      g,
      parts.map((part) => insertAxis(g, part, axis)),
      axis,
    );
  },
  Unpack: ({ g, stored: { value }, attributes }) => {
    const axis = fromEnd(attributes<UnpackAttrs>().axis, value.shape.length);
    const rest = value.shape.toSpliced(axis, 1);
    return Array.from({ length: value.shape[axis] }, (_, i) =>
      reshape(g, slice(g, value, [{ axis, begin: i, size: 1 }]), rest),
    );
  },
  Slice: ({ g, stored: { x }, attributes }) => {
    const { begin, size } = attributes<SliceAttrs>();
    const info: TensorInfo = { shape: [...x.shape], dtype: 'float32', dataId: {} };
    const [starts, sizes] = tf.slice_util.parseSliceParams(info, begin, size);
    tf.slice_util.assertParamsValid(info, starts, sizes);
    return sliceKernel(g, x, starts, sizes);
  },
  StridedSlice: ({ g, stored: { x }, attributes }) => stridedSlice(g, x, attributes<StridedSliceAttrs>()),
  SplitV: ({ g, stored: { x }, attributes }) => split(g, x, attributes<SplitVAttrs>()),
  PadV2: ({ g, inputs: { x }, attributes }) => {
    const { paddings, constantValue } = attributes<PadV2Attrs>();
    return pad(g, x, paddings, constantValue);
  },
  MirrorPad: ({ g, inputs: { x }, attributes }) => mirrorPad(g, x, attributes<MirrorPadAttrs>()),
  Tile: ({ g, inputs: { x }, attributes }) => tile(g, x, attributes<TileAttrs>().reps),
  Reverse: ({ g, stored: { x }, attributes }) => {
    const { dims } = attributes<ReverseAttrs>();
    const axes = (Array.isArray(dims) ? dims : [dims]).map((axis) => fromEnd(axis, x.shape.length));
    return slice(
      g,
      x,
      axes.map((axis) => ({ axis, begin: x.shape[axis] - 1, size: x.shape[axis], step: -1 })),
    );
  },
  Fill: ({ g, attributes }) => {
    const { shape, value, dtype } = attributes<FillAttrs>();
    return g.fill(typeOf(dtype), shape, dtype === 'float32' ? Math.fround(Number(value)) : Number(value));
  },
  ZerosLike: filled(0),
  OnesLike: filled(1),
  Range: ({ g, attributes }) => range(g, attributes<RangeAttrs>()),
  LinSpace: ({ g, attributes }) => {
    const { start, stop, num } = attributes<LinSpaceAttrs>();
    const step = num > 1 ? (stop - start) / (num - 1) : 0;
    return numbers(g, 'float32', num, (i) => start + step * i);
  },
};
