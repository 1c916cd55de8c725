import type { ResizeBilinearAttrs } from '@tensorflow/tfjs';
import type { GraphBuilder, Value } from '../graph/graph-builder.js';
import { blocksBefore, fromBlocks } from '../graph/layouts.js';
import { apply, cast, channelsFirst, channelsLast, repeated, reshape } from '../graph/operators.js';
import { repeats, resizeMatrix } from '../resize-matrix.js';
import type { Lowering, Lowerings } from './lowering.js';

/** Repeats every pixel of [batch, height, width, channels] `rows` times down and `columns` times across. */
function enlarge(g: GraphBuilder, x: Value, rows: number, columns: number): Value {
  const [batch, height, width, channels] = x.shape;
  const blocks = blocksBefore(g, x);
  const together = blocks === undefined ? channels : g.channelBlock;
  const wide = repeated(g, blocks ?? x, columns, together);
  const result = repeated(g, wide, rows, width * columns * together);
  const size = [height * rows, width * columns];
  return blocks === undefined
    ? reshape(g, result, [batch, ...size, channels])
    : fromBlocks(g, reshape(g, result, [batch, channels, ...size]));
}

const resize = (method: 'nearest' | 'bilinear'): Lowering => {
  return ({ g, inputs: { images }, attributes }) => {
    const grid = attributes<ResizeBilinearAttrs>();
    const [, height, width] = images.shape;
    const [newHeight, newWidth] = grid.size;
    const [rows, columns] = [repeats(height, newHeight, grid), repeats(width, newWidth, grid)];
    if (method === 'nearest' && rows !== undefined && columns !== undefined) return enlarge(g, images, rows, columns);
    const x = channelsFirst(g, cast(g, images, 'float32'));
    const down = g.constant('float32', [newHeight, height], resizeMatrix(height, newHeight, method, grid));
    const across = g.constant('float32', [newWidth, width], resizeMatrix(width, newWidth, method, grid));
    const wide = product(g, x, across, [...x.shape.slice(0, 3), newWidth], true);
    const result = product(g, down, wide, [...x.shape.slice(0, 2), newHeight, newWidth], false);
    return channelsLast(g, method === 'nearest' ? cast(g, result, images.type) : result);
  };
};

function product(g: GraphBuilder, a: Value, b: Value, shape: readonly number[], transposeB: boolean): Value {
  return transposeB
    ? apply(g, 'MatMul', [a, apply(g, 'Transpose', [b], { shape: [...b.shape].reverse() })], { shape })
    : apply(g, 'MatMul', [a, b], { shape });
}

export const resizeKernels: Lowerings = {
  ResizeNearestNeighbor: resize('nearest'),
  ResizeBilinear: resize('bilinear'),
};
