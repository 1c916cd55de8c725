import { BenchError } from '@attribution-bench/contract';
import { requireCount, requireFinite, requireLength } from '../errors.js';
import { createGram } from '../matrices/gram.js';
import { type FloatArray, matmul } from '../matrices/matmul.js';
import { symmetricEigen } from '../solvers/symmetric-eigen.js';

const blockRows = 1024;

export interface PrincipalComponents {
  /** Column means, [columns]. */
  readonly mean: Float64Array;
  /** Orthonormal directions as rows, most variance first, of each the largest entry positive, [components × columns]. */
  readonly directions: Float64Array;
  /** Variance along each direction with divisor rows - 1, [components]. */
  readonly variances: Float64Array;
  /** Sum of the variances of all columns. */
  readonly totalVariance: number;
  /** Coordinates of rows along the directions, [rows × components]. */
  project(rows: FloatArray): Promise<Float64Array>;
}

/**
 * Principal component analysis (Pearson 1901) in float64 of points [rows × columns], from the eigenvectors of the
 * covariance of the columns, or of the inner products of the rows when these are fewer. Fewer components come back than
 * were asked for when the points do not span that many.
 */
export async function principalComponents(
  points: FloatArray,
  shape: { readonly rows: number; readonly columns: number },
  components: number,
): Promise<PrincipalComponents> {
  const { rows, columns } = shape;
  requireCount('principalComponents', 'columns', columns, 1);
  requireCount('principalComponents', 'components', components, 1);
  requireLength('principalComponents', 'the points', points, rows * columns);
  requireFinite('principalComponents', 'the points', points);
  if (rows < 2)
    throw new BenchError({
      code: 'NUMERICS_POINTS',
      place: 'principalComponents',
      message: `${rows} points have no directions of variance`,
      next: 'pass at least 2 points',
    });
  const mean = columnMeans(points, rows, columns);
  const centredRows = (first: number, end: number): Float64Array => centred(points, mean, first, end);

  const { values, vectors } =
    rows < columns
      ? await fromRows(centredRows(0, rows), rows, columns)
      : await fromColumns(centredRows, rows, columns);
  const size = Math.min(rows, columns);
  const negligible = size * Number.EPSILON * Math.max(0, values[0]);
  let kept = 0;
  while (kept < Math.min(components, values.length) && values[kept] > negligible) kept++;
  const directions = vectors.slice(0, kept * columns);
  let total = 0;
  for (const value of values) total += Math.max(0, value);
  return {
    mean,
    directions,
    variances: values.slice(0, kept).map((value) => value / (rows - 1)),
    totalVariance: total / (rows - 1),
    async project(others) {
      const count = Math.floor(others.length / columns);
      requireLength('principalComponents', 'the rows', others, count * columns);
      const out = new Float64Array(count * kept);
      for (let first = 0; first < count; first += blockRows) {
        const end = Math.min(count, first + blockRows);
        const shape = { m: end - first, k: columns, n: kept, transposeB: true };
        const target = out.subarray(first * kept, end * kept);
        await matmul<Float64Array>(centred(others, mean, first, end), directions, shape, target);
      }
      return out;
    },
  };
}

interface Eigenpairs {
  readonly values: Float64Array;
  /** [values × columns] */
  readonly vectors: Float64Array;
}

async function fromColumns(
  centredRows: (first: number, end: number) => Float64Array,
  rows: number,
  columns: number,
): Promise<Eigenpairs> {
  const gram = createGram(columns);
  for (let first = 0; first < rows; first += blockRows)
    await gram.add(centredRows(first, Math.min(rows, first + blockRows)));
  return symmetricEigen(await gram.matrix(), columns);
}

/** Eigenvectors u of XXᵀ give Xᵀu / |Xᵀu|; only those with variance do. */
async function fromRows(x: Float64Array, rows: number, columns: number): Promise<Eigenpairs> {
  const products = await matmul(x, x, { m: rows, k: columns, n: rows, transposeB: true });
  const { values, vectors } = await symmetricEigen(products, rows);
  const directions = await matmul(vectors, x, { m: rows, k: rows, n: columns });
  for (let r = 0; r < rows; r++) normalise(directions.subarray(r * columns, (r + 1) * columns));
  return { values, vectors: directions };
}

/** Length 1, the largest entry positive. */
function normalise(vector: Float64Array): void {
  let squares = 0;
  let largest = 0;
  for (const value of vector) {
    squares += value * value;
    if (Math.abs(value) > Math.abs(largest)) largest = value;
  }
  if (squares === 0) return;
  const factor = (largest < 0 ? -1 : 1) / Math.sqrt(squares);
  for (let i = 0; i < vector.length; i++) vector[i] *= factor;
}

function columnMeans(points: FloatArray, rows: number, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) sums[c] += points[r * columns + c];
  return sums.map((sum) => sum / rows);
}

function centred(points: FloatArray, mean: Float64Array, first: number, end: number): Float64Array {
  const columns = mean.length;
  const out = Float64Array.from(points.subarray(first * columns, end * columns));
  for (let i = 0; i < out.length; i++) out[i] -= mean[i % columns];
  return out;
}
