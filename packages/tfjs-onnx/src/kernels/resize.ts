import type { ResizeBilinearAttrs } from '@tensorflow/tfjs';
import type { GraphBuilder, Value } from '../graph/graph-builder.js';
import { apply, cast, channelsFirst, channelsLast } from '../graph/operators.js';
import { repeats, resizeMatrix } from '../resize-matrix.js';
import type { Lowering, Lowerings } from './lowering.js';

/** Repeats every pixel of [batch, channels, height, width] `rows` times down and `columns` times across. */
function enlarge(g: GraphBuilder, x: Value, rows: number, columns: number): Value {
  if (rows === 1 && columns === 1) return x;
  const [batch, channels, height, width] = x.shape;
  const scales = g.constant('float32', [4], Float32Array.of(1, 1, rows, columns));
  return apply(g, 'Resize', [x, undefined, scales], {
    shape: [batch, channels, height * rows, width * columns],
    attributes: {
      mode: { string: 'nearest' },
      nearest_mode: { string: 'floor' },
      coordinate_transformation_mode: { string: 'asymmetric' },
    },
  });
}

const resize = (method: 'nearest' | 'bilinear'): Lowering => {
  return ({ g, inputs: { images }, attributes }) => {
    const grid = attributes<ResizeBilinearAttrs>();
    const x = channelsFirst(g, cast(g, images, 'float32'));
    const [, , height, width] = x.shape;
    const [newHeight, newWidth] = grid.size;
    const [rows, columns] = [repeats(height, newHeight, grid), repeats(width, newWidth, grid)];
    if (method === 'nearest' && rows !== undefined && columns !== undefined)
      return channelsLast(g, cast(g, enlarge(g, x, rows, columns), images.type));
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
