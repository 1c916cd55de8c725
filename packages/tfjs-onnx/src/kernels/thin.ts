import type { GraphBuilder, Value } from '../graph/graph-builder.js';
import { apply, concat, gemm, pad, reshape, slice, transpose } from '../graph/operators.js';
import type { ConvolutionAxis, ImageConvolution } from './image-convolution.js';

/**
 * Convolution with stride 1 to few channels: products with a matrix that has a row for each place in the filter and each
 * channel out, and a column for each pixel in. It is small beside the images of many channels, which stay as they are.
 */
export function thin(g: GraphBuilder, rows: ConvolutionAxis, columns: ConvolutionAxis): ImageConvolution {
  const taps = rows.filter * columns.filter;
  const pixels = (x: Value): Value => reshape(g, x, [x.shape[0] * rows.inputs * columns.inputs, x.shape[3]]);
  /** [height × width × out, in] */
  const matrix = (filter: Value): Value => {
    const [, , inputs, outputs] = filter.shape;
    return reshape(g, transpose(g, filter, [0, 1, 3, 2]), [taps * outputs, inputs]);
  };
  /** Places of the filter, by row and column. */
  const places = Array.from({ length: taps }, (_, k) => [Math.floor(k / columns.filter), k % columns.filter]);
  /** Errors as pixels meet them at each place. */
  const errors = (dy: Value): Value => {
    const moved = transpose(g, dy, [3, 0, 1, 2]);
    const [outputs, batch] = moved.shape;
    const [down, across] = [rows, columns].map(({ filter, padding, inputs, outputs: size }): [number, number] => [
      Math.max(0, filter - 1 - padding),
      Math.max(0, inputs + padding - size),
    ]);
    const padded = pad(g, moved, [[0, 0], [0, 0], down, across], 0);
    const parts = places.map(([row, column]) =>
      slice(g, padded, [
        { axis: 2, begin: down[0] + rows.padding - row, size: rows.inputs },
        { axis: 3, begin: across[0] + columns.padding - column, size: columns.inputs },
      ]),
    );
    return reshape(g, concat(g, parts, 0), [taps * outputs, batch * rows.inputs * columns.inputs]);
  };
  return {
    forward(x, filter) {
      const [, , , outputs] = filter.shape;
      const [batch] = x.shape;
      const products = gemm(g, matrix(filter), pixels(x), { transB: true });
      const images = reshape(g, products, [taps, outputs * batch, rows.inputs, columns.inputs]);
      const after = ({ inputs, outputs: size, filter: length, padding }: ConvolutionAxis) =>
        Math.max(0, size + length - 1 - padding - inputs);
      const padded = pad(
        g,
        images,
        [
          [0, 0],
          [0, 0],
          [rows.padding, after(rows)],
          [columns.padding, after(columns)],
        ],
        0,
      );
      const shifted = places.map(([row, column], k) =>
        slice(g, padded, [
          { axis: 0, begin: k, size: 1 },
          { axis: 2, begin: row, size: rows.outputs },
          { axis: 3, begin: column, size: columns.outputs },
        ]),
      );
      const sum = apply(g, 'Sum', shifted);
      return transpose(g, reshape(g, sum, [outputs, batch, rows.outputs, columns.outputs]), [1, 2, 3, 0]);
    },
    towardsInput(dy, filter) {
      const result = gemm(g, errors(dy), matrix(filter), { transA: true });
      return reshape(g, result, [dy.shape[0], rows.inputs, columns.inputs, result.shape[1]]);
    },
    towardsFilter(x, dy) {
      const result = gemm(g, errors(dy), pixels(x));
      const [outputs, inputs] = [dy.shape[3], x.shape[3]];
      return transpose(g, reshape(g, result, [rows.filter, columns.filter, outputs, inputs]), [0, 1, 3, 2]);
    },
  };
}
