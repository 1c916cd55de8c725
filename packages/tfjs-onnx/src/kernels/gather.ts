import type { GatherV2Attrs, OneHotAttrs, ScatterNdAttrs, UnsortedSegmentSumAttrs } from '@tensorflow/tfjs';
import type { GraphBuilder, Value } from '../graph/graph-builder.js';
import { apply, cast, compare, reshape, scalar, slice, transpose, where } from '../graph/operators.js';
import type { Lowerings } from './lowering.js';
import { typeOf } from './shape.js';

/** x taken at `indices` along an axis; `batchDims` leading axes are shared by both. */
function gather(g: GraphBuilder, x: Value, indices: Value, axis: number, batchDims: number): Value {
  const along = axis < 0 ? axis + x.shape.length : axis;
  const batch = batchDims < 0 ? batchDims + indices.shape.length : batchDims;
  if (batch === 0) {
    const shape = [...x.shape.slice(0, along), ...indices.shape, ...x.shape.slice(along + 1)];
    return apply(g, 'Gather', [x, indices], { shape, attributes: { axis: { int: along } } });
  }
  const axes = x.shape.map((_, i) => i);
  const front = [...axes.slice(0, batch), along, ...axes.slice(batch, along), ...axes.slice(along + 1)];
  const moved = transpose(g, x, front);
  const positions = reshape(g, cast(g, indices, 'int64'), [...indices.shape, 1]);
  const taken = apply(g, 'GatherND', [moved, positions], {
    shape: [...indices.shape, ...moved.shape.slice(batch + 1)],
    attributes: { batch_dims: { int: batch } },
  });
  const picked = indices.shape.length - batch;
  const between = along - batch;
  const order = taken.shape.map((_, i) => i);
  return transpose(g, taken, [
    ...order.slice(0, batch),
    ...order.slice(batch + picked, batch + picked + between),
    ...order.slice(batch, batch + picked),
    ...order.slice(batch + picked + between),
  ]);
}

/** Adds rows of `updates` into zeros at `indices`, whose last axis addresses the leading axes of `shape`. */
function scatterSum(g: GraphBuilder, indices: Value, updates: Value, shape: readonly number[]): Value {
  return apply(g, 'ScatterND', [g.fill(updates.type, shape, 0), cast(g, indices, 'int64'), updates], {
    shape,
    attributes: { reduction: { string: 'add' } },
  });
}

/** Sums over the leading axis by segment; negative segments are dropped, by way of one segment too many. */
function segmentSum(g: GraphBuilder, x: Value, segments: Value, count: number): Value {
  const negative = compare(g, 'Less', segments, scalar(g, 0, segments.type));
  const kept = where(g, negative, scalar(g, count, segments.type), segments);
  const positions = reshape(g, kept, [...kept.shape, 1]);
  const sums = scatterSum(g, positions, x, [count + 1, ...x.shape.slice(segments.shape.length)]);
  return slice(g, sums, [{ axis: 0, begin: 0, size: count }]);
}

/** `onValue` where the last axis equals the index, `offValue` elsewhere: everywhere for an index out of range. */
function oneHot(g: GraphBuilder, indices: Value, { depth, onValue, offValue, dtype }: OneHotAttrs): Value {
  const classes = g.constant(
    'int32',
    [depth],
    Int32Array.from({ length: depth }, (_, i) => i),
  );
  const hits = compare(g, 'Equal', reshape(g, indices, [...indices.shape, 1]), classes);
  const type = typeOf(dtype);
  if (onValue === 1 && offValue === 0) return cast(g, hits, type);
  return where(g, hits, scalar(g, onValue, type), scalar(g, offValue, type));
}

export const gatherKernels: Lowerings = {
  GatherV2: ({ g, stored, inputs, attributes }) => {
    const { axis, batchDims } = attributes<GatherV2Attrs>();
    return gather(g, stored.x, inputs.indices, axis, batchDims);
  },
  GatherNd: ({ g, stored: { params }, inputs: { indices } }) => {
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(indices.shape.at(-1))];
    return apply(g, 'GatherND', [params, cast(g, indices, 'int64')], { shape });
  },
  ScatterNd: ({ g, inputs: { indices, updates }, attributes }) =>
    scatterSum(g, indices, updates, attributes<ScatterNdAttrs>().shape),
  UnsortedSegmentSum: ({ g, inputs: { x, segmentIds }, attributes }) =>
    segmentSum(g, x, segmentIds, attributes<UnsortedSegmentSumAttrs>().numSegments),
  OneHot: ({ g, inputs: { indices }, attributes }) => oneHot(g, indices, attributes<OneHotAttrs>()),
};
