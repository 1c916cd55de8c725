import type { Projection } from '@attribution-bench/contract';
import { createFactorProjector, createProjector } from '@attribution-bench/numerics';
import type { Architecture } from '../../src/nn/architecture/layer.js';
import { layerShape } from '../../src/passes/mapped-gradients.js';

/** P as a dense matrix [p × dim]: of layers, the Kronecker products of their sides. */
export function denseMatrix(projection: Projection, { layers, size: p }: Architecture): Float32Array {
  const { kind, dim } = projection;
  if (kind !== 'logra' && kind !== 'factgrass') return createProjector({ ...projection, kind }, p).entries(0, p);
  const projector = createFactorProjector({ ...projection, kind }, layers.map(layerShape));
  const mapped = new Float32Array(p * projector.mapped);
  let first = 0;
  for (const [l, { offset, width, outputs }] of layers.entries()) {
    const { left, right, ...sides } = projector.layers[l];
    for (let i = 0; i < width; i++) {
      for (let o = 0; o < outputs; o++) {
        for (let r = 0; r < sides.inputs; r++) {
          const byInput = left === undefined ? Number(i === r) : left[i * sides.inputs + r];
          for (let c = 0; c < sides.outputs; c++) {
            const byDelta = right === undefined ? Number(o === c) : right[o * sides.outputs + c];
            mapped[(offset + i * outputs + o) * projector.mapped + first + r * sides.outputs + c] = byInput * byDelta;
          }
        }
      }
    }
    first += sides.inputs * sides.outputs;
  }
  const dense = new Float32Array(p * dim);
  projector.project(mapped, dense);
  return dense;
}

/** Rows [count × p] times a matrix [p × dim]. */
export function product(rows: Float32Array, matrix: Float32Array, p: number): Float64Array {
  const [count, dim] = [rows.length / p, matrix.length / p];
  const out = new Float64Array(count * dim);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < p; i++) {
      const value = rows[row * p + i];
      for (let c = 0; c < dim; c++) out[row * dim + c] += value * matrix[i * dim + c];
    }
  }
  return out;
}
