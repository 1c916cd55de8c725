import type { GraphBuilder, Value } from '../graph/graph-builder.js';
import { gemm, reshape } from '../graph/operators.js';
import type { ImageConvolution } from './image-convolution.js';

/** A convolution with a filter of one pixel and stride 1: products of the matrix of all pixels by channels. */
export function pointwise(g: GraphBuilder): ImageConvolution {
  const rows = (x: Value): Value => reshape(g, x, [x.shape[0] * x.shape[1] * x.shape[2], x.shape[3]]);
  const matrix = (filter: Value): Value => reshape(g, filter, filter.shape.slice(2));
  const images = (x: Value, like: Value): Value => reshape(g, x, [...like.shape.slice(0, 3), x.shape[1]]);
  return {
    forward: (x, filter) => images(gemm(g, rows(x), matrix(filter)), x),
    towardsInput: (dy, filter) => images(gemm(g, rows(dy), matrix(filter), { transB: true }), dy),
    towardsFilter(x, dy) {
      const result = gemm(g, rows(x), rows(dy), { transA: true });
      return reshape(g, result, [1, 1, ...result.shape]);
    },
  };
}
