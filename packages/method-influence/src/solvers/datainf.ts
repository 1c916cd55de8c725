import type { LayerInfo, RowBlock } from '@attribution-bench/contract';
import { addMatmul, matmul, squaredNorms } from '@attribution-bench/numerics';
import { trainGradients } from '../gradients.js';
import type { Solver } from './solver.js';

const unknown = new Float64Array(0);

/**
 * DataInf (Kwon et al. 2024, equation 5): the mean over points of the inverses of g gᵀ + λI, layer by layer, in place of the
 * inverse of their mean: Σ_i (b - (gᵢ·b) / (λ + |gᵢ|²) gᵢ) / (nλ). The authors' λ of a layer is 0.1 of the mean
 * eigenvalue of its own Fisher matrix.
 */
export const datainf: Solver = {
  curvatures: ['fisher'],
  layerwise: true,
  supports: (_, { damping }) => damping > 0 || 'datainf divides by the damping, which is 0',

  /** `squares`: mean of |∇loss|² of each layer, [layers], where the damping goes by it. */
  async fit(system, watch) {
    const { ctx, params } = system;
    if (params.dampingUnit === 'absolute') return {};
    const { layers, train } = ctx.task;
    const squares = new Float64Array(layers.length);
    for await (const block of trainGradients(system)) {
      watch(block.start / train);
      for (const [l, layer] of layers.entries())
        for (const square of squaredNorms(layerBlock(block, layer))) squares[l] += square / train;
    }
    return { squares };
  },

  async open(system, { squares = unknown }) {
    const { ctx, params } = system;
    const { layers, train, parameters: p } = ctx.task;
    const mean = Float64Array.from(squares).reduce((sum, square) => sum + square, 0) / p;
    const unitOf = {
      absolute: () => 1,
      'mean-eigenvalue': () => mean,
      'layer-mean-eigenvalue': (size: number, l: number) => squares[l] / size,
    }[params.dampingUnit];
    const dampings = layers.map(({ size }, l) => params.damping * unitOf(size, l));
    return async (rows, watch) => {
      const m = rows.length / p;
      const given = layers.map((layer) => columnsOf(rows, p, layer));
      const sums = given.map((part) => part.slice());
      for await (const block of trainGradients(system)) {
        watch(block.start / train);
        for (const [l, layer] of layers.entries()) {
          if (dampings[l] === 0) continue;
          const own = layerBlock(block, layer);
          const gradients = Float64Array.from(own.data);
          const shape = { m, k: layer.size, n: block.rows, transposeB: true };
          const along = await matmul(given[l], gradients, shape);
          const norms = squaredNorms(own);
          for (let i = 0; i < along.length; i++) along[i] /= train * (dampings[l] + norms[i % block.rows]);
          await addMatmul(sums[l], along, gradients, { m, k: block.rows, n: layer.size }, -1);
        }
      }
      const solved = new Float64Array(rows.length);
      for (const [l, { offset, size }] of layers.entries()) {
        if (dampings[l] === 0) continue; // no point has a gradient in this layer
        for (let row = 0; row < m; row++)
          for (let i = 0; i < size; i++) solved[row * p + offset + i] = sums[l][row * size + i] / dampings[l];
      }
      return solved;
    };
  },
};

function layerBlock({ start, rows, cols, data }: RowBlock, layer: LayerInfo): RowBlock {
  return { start, rows, cols: layer.size, data: columnsOf(data.subarray(0, rows * cols), cols, layer) };
}

/** The columns of a layer, [rows × size]. */
function columnsOf<T extends Float32Array | Float64Array>(rows: T, cols: number, { offset, size }: LayerInfo): T {
  const count = rows.length / cols;
  const part = new (rows.constructor as new (size: number) => T)(count * size);
  for (let row = 0; row < count; row++)
    part.set(rows.subarray(row * cols + offset, row * cols + offset + size), row * size);
  return part;
}
