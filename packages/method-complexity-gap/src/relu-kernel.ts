import { BenchError } from '@attribution-bench/contract';
import { matmul } from '@attribution-bench/numerics';

const BLOCK_ROWS = 256;
/** Above this cosine the arccosine of a rounded product loses digits, and the angle is taken from the difference. */
const NEARLY_PARALLEL = 1 - 1e-4;

/**
 * Rows scaled to length 1 in float64, [points × dims].
 * @throws BenchError METHOD_INPUT for a row of zeros, which has no direction
 */
export function unitRows(inputs: Float32Array, dims: number): Float64Array {
  const rows = Float64Array.from(inputs);
  for (let start = 0; start < rows.length; start += dims) {
    let sum = 0;
    for (let i = start; i < start + dims; i++) sum += rows[i] * rows[i];
    if (sum === 0)
      throw new BenchError({
        code: 'METHOD_INPUT',
        place: 'complexity-gap',
        message: `training point ${start / dims} is all zeros, and the kernel compares directions`,
        next: 'leave that point out',
      });
    const scale = 1 / Math.sqrt(sum);
    for (let i = start; i < start + dims; i++) rows[i] *= scale;
  }
  return rows;
}

/**
 * The Gram matrix H∞ of an infinitely wide two-layer ReLU network whose first layer is trained (Du et al. 2019, and
 * equation 2 of Ki et al. 2023): H_ij = g (π - arccos g) / 2π with g = ⟨x_i, x_j⟩, and 1/2 on the diagonal.
 * @param rows unit vectors, [points × dims]
 * @returns [points × points], symmetric
 */
export async function reluKernel(rows: Float64Array, dims: number): Promise<Float64Array> {
  const points = rows.length / dims;
  const kernel = new Float64Array(points * points);
  for (let start = 0; start < points; start += BLOCK_ROWS) {
    const m = Math.min(BLOCK_ROWS, points - start);
    const seen = start + m;
    const left = rows.subarray(start * dims, seen * dims);
    const right = rows.subarray(0, seen * dims);
    const cosines = await matmul(left, right, { m, k: dims, n: seen, transposeB: true });
    for (let r = 0; r < m; r++) {
      const i = start + r;
      kernel[i * points + i] = 0.5;
      for (let j = 0; j < i; j++) {
        const cosine = cosines[r * seen + j];
        const value = (cosine * (Math.PI - angle(cosine, rows, i, j, dims))) / (2 * Math.PI);
        kernel[i * points + j] = value;
        kernel[j * points + i] = value;
      }
    }
  }
  return kernel;
}

function angle(cosine: number, rows: Float64Array, i: number, j: number, dims: number): number {
  if (cosine < -NEARLY_PARALLEL) return Math.PI - 2 * Math.asin(halfDistance(rows, i, j, dims, 1));
  if (cosine > NEARLY_PARALLEL) return 2 * Math.asin(halfDistance(rows, i, j, dims, -1));
  return Math.acos(cosine);
}

/** |x_i ± x_j| / 2 */
function halfDistance(rows: Float64Array, i: number, j: number, dims: number, sign: 1 | -1): number {
  let sum = 0;
  for (let k = 0; k < dims; k++) sum += (rows[i * dims + k] + sign * rows[j * dims + k]) ** 2;
  return Math.min(1, Math.sqrt(sum) / 2);
}
