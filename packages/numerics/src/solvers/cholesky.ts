import { BenchError } from '@attribution-bench/contract';
import { notFiniteError, requireCount, requireLength } from '../errors.js';
import { addMatmul, matmul } from '../matrices/matmul.js';
import { transpose } from '../matrices/transpose.js';

const width = 128;

/** L with A + ridge·I = L·Lᵀ, held as block columns, each contiguous, so that every update is one matrix product. */
export interface SpdFactor {
  readonly n: number;
  /** Natural logarithm of det(A + ridge·I). */
  readonly logDeterminant: number;
  /** (A + ridge·I)⁻¹ B for B [n × columns]. */
  solve(b: Float64Array, columns: number): Promise<Float64Array>;
  /** Solves for right-hand sides stored as rows: [rows × n] in, [rows × n] out. */
  solveRows(rows: Float64Array): Promise<Float64Array>;
  /** L⁻¹ B for B [n × columns]. */
  solveLower(b: Float64Array, columns: number): Promise<Float64Array>;
  /** L⁻ᵀ B for B [n × columns]. */
  solveLowerTransposed(b: Float64Array, columns: number): Promise<Float64Array>;
  /** (A + ridge·I)⁻¹, [n × n], exactly symmetric. */
  inverse(): Promise<Float64Array>;
  /** Diagonal of (A + ridge·I)⁻¹, [n], without forming the inverse. */
  inverseDiagonal(): Promise<Float64Array>;
}

export interface SpdOptions {
  /** Added to the diagonal; default 0. */
  readonly ridge?: number;
  /** What the matrix is, for error messages, e.g. `trak: Gram matrix of checkpoint 0`. */
  readonly name?: string;
}

/** One block column of L: rows `start`..n of columns `start`..`start + size`. */
interface Panel {
  readonly start: number;
  readonly size: number;
  /** [(n - start) × size], row-major; the first `size` rows are the diagonal block, zero above its diagonal. */
  readonly data: Float64Array;
  /** Inverse of the diagonal block, lower triangular [size × size]. */
  readonly inverse: Float64Array;
}

/**
 * Blocked Cholesky factorisation in float64 of a symmetric positive definite matrix [n × n], row-major; only its lower
 * triangle is read and it is left as it was.
 * Throws `NUMERICS_NOT_POSITIVE_DEFINITE` with the pivot when a pivot is not above n·ε times its diagonal entry
 * (singular to working precision), `NUMERICS_NOT_FINITE` when the triangle holds NaN or infinity.
 */
export async function cholesky(a: Float64Array, n: number, options: SpdOptions = {}): Promise<SpdFactor> {
  const { ridge = 0, name = 'matrix' } = options;
  requireCount('cholesky', 'n', n, 0);
  requireLength('cholesky', name, a, n * n);
  if (!(ridge >= 0 && ridge < Infinity))
    throw new BenchError({
      code: 'NUMERICS_RIDGE',
      place: 'cholesky',
      message: `the ridge of ${name} is ${ridge}`,
      next: 'pass a finite ridge of at least 0',
    });
  const panels: Panel[] = [];
  for (let start = 0; start < n; start += width) {
    const size = Math.min(width, n - start);
    const data = copyPanel(a, n, start, size, ridge, name);
    const diagonal = Float64Array.from({ length: size }, (_, i) => data[i * size + i]);
    for (const done of panels) {
      const rows = done.data.subarray((start - done.start) * done.size);
      const top = rows.subarray(0, size * done.size);
      await addMatmul(data, rows, top, { m: n - start, k: done.size, n: size, transposeB: true }, -1);
    }
    const block = data.subarray(0, size * size);
    factorBlock(block, size, start, n, diagonal, ridge, name);
    const panel: Panel = { start, size, data, inverse: invertLower(block, size) };
    await divideByDiagonalBlock(panel, n);
    panels.push(panel);
  }
  return spdFactor(panels, n);
}

/** (A + ridge·I)⁻¹ B, [n × columns], for symmetric positive definite A [n × n]; errors as {@link cholesky}. */
export async function solveSpd(
  a: Float64Array,
  b: Float64Array,
  shape: { readonly n: number; readonly columns: number },
  options: SpdOptions = {},
): Promise<Float64Array> {
  return (await cholesky(a, shape.n, options)).solve(b, shape.columns);
}

/**
 * (A + ridge·I)⁻¹, [n × n], for symmetric positive definite A; errors as {@link cholesky}.
 * @internal tests hold solutions against it
 */
export async function invertSpd(a: Float64Array, n: number, options: SpdOptions = {}): Promise<Float64Array> {
  return (await cholesky(a, n, options)).inverse();
}

function spdFactor(panels: readonly Panel[], n: number): SpdFactor {
  const copyOf = (b: Float64Array, columns: number): Float64Array => {
    requireCount('SpdFactor', 'columns', columns, 0);
    requireLength('SpdFactor', 'the right-hand side', b, n * columns);
    return b.slice();
  };
  const solve = async (b: Float64Array, columns: number): Promise<Float64Array> => {
    const x = copyOf(b, columns);
    await forward(panels, x, columns, 0, n);
    await backward(panels, x, columns, 0, n);
    return x;
  };
  return {
    n,
    logDeterminant: logDeterminant(panels),
    solve,
    async solveRows(rows) {
      const count = n === 0 ? 0 : rows.length / n;
      return transpose(await solve(transpose(rows, count, n), count), n, count);
    },
    async solveLower(b, columns) {
      const x = copyOf(b, columns);
      await forward(panels, x, columns, 0, n);
      return x;
    },
    async solveLowerTransposed(b, columns) {
      const x = copyOf(b, columns);
      await backward(panels, x, columns, 0, n);
      return x;
    },
    async inverse() {
      const out = new Float64Array(n * n);
      for (let index = 0; index < panels.length; index++) {
        const { start, size } = panels[index];
        const columns = identityColumns(n - start, size);
        await forward(panels, columns, size, index, n);
        await backward(panels, columns, size, index, n);
        for (let c = 0; c < size; c++) {
          for (let r = c; r < n - start; r++) {
            const value = columns[r * size + c];
            out[(start + r) * n + start + c] = value;
            out[(start + c) * n + start + r] = value;
          }
        }
      }
      return out;
    },
    async inverseDiagonal() {
      const out = new Float64Array(n);
      for (let index = 0; index < panels.length; index++) {
        const { start, size } = panels[index];
        const columns = identityColumns(n - start, size);
        await forward(panels, columns, size, index, n);
        for (let r = 0; r < n - start; r++) {
          for (let c = 0; c < size; c++) out[start + c] += columns[r * size + c] ** 2;
        }
      }
      return out;
    },
  };
}

function copyPanel(
  a: Float64Array,
  n: number,
  start: number,
  size: number,
  ridge: number,
  name: string,
): Float64Array<ArrayBuffer> {
  const data = new Float64Array((n - start) * size);
  for (let r = start; r < n; r++) {
    const cols = Math.min(size, r - start + 1);
    for (let c = 0; c < cols; c++) {
      const value = a[r * n + start + c];
      if (!Number.isFinite(value))
        throw notFiniteError('cholesky', `${name} holds ${value} at row ${r}, column ${start + c}`);
      data[(r - start) * size + c] = value;
    }
    if (r < start + size) data[(r - start) * size + (r - start)] += ridge;
  }
  return data;
}

/** Factors the diagonal block in place (lower triangle), clearing what is above the diagonal. */
function factorBlock(
  block: Float64Array,
  size: number,
  start: number,
  n: number,
  diagonal: Float64Array,
  ridge: number,
  name: string,
): void {
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < j; i++) block[i * size + j] = 0;
    for (let i = j; i < size; i++) {
      let sum = block[i * size + j];
      for (let k = 0; k < j; k++) sum -= block[i * size + k] * block[j * size + k];
      if (i === j) {
        if (!(sum > n * Number.EPSILON * diagonal[j])) throw notPositiveDefinite(name, start + j, n, sum, ridge);
        block[j * size + j] = Math.sqrt(sum);
      } else block[i * size + j] = sum / block[j * size + j];
    }
  }
}

function notPositiveDefinite(name: string, pivot: number, n: number, value: number, ridge: number): BenchError {
  return new BenchError({
    code: 'NUMERICS_NOT_POSITIVE_DEFINITE',
    place: 'cholesky',
    message: `${name} [${n} × ${n}] with ridge ${ridge} is not positive definite to working precision: pivot ${pivot} is ${value}`,
    next: 'raise the ridge, or remove duplicate and constant columns',
  });
}

function invertLower(block: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const inverse = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const reciprocal = 1 / block[i * size + i];
    for (let k = 0; k < i; k++) {
      const factor = block[i * size + k];
      for (let j = 0; j <= k; j++) inverse[i * size + j] -= factor * inverse[k * size + j];
    }
    for (let j = 0; j < i; j++) inverse[i * size + j] *= reciprocal;
    inverse[i * size + i] = reciprocal;
  }
  return inverse;
}

/**
 * Rows below the diagonal block D become rows · D⁻ᵀ: a product with the explicit inverse and one step of refinement,
 * which is as accurate as substitution and runs as three matrix products.
 */
async function divideByDiagonalBlock({ start, size, data, inverse }: Panel, n: number): Promise<void> {
  const m = n - start - size;
  if (m === 0) return;
  const block = data.subarray(0, size * size);
  const below = data.subarray(size * size);
  const shape = { m, k: size, n: size, transposeB: true };
  const quotient = await matmul<Float64Array>(below, inverse, shape);
  await addMatmul(below, quotient, block, shape, -1);
  await addMatmul<Float64Array>(quotient, below, inverse, shape);
  below.set(quotient);
}

/** D⁻¹ B or D⁻ᵀ B in place, for B [size × columns]; refined as {@link divideByDiagonalBlock}. */
async function solveDiagonalBlock(
  { size, data, inverse }: Panel,
  b: Float64Array,
  columns: number,
  transposed: boolean,
): Promise<void> {
  const block = data.subarray(0, size * size);
  const shape = { m: size, k: size, n: columns, transposeA: transposed };
  const quotient = await matmul<Float64Array>(inverse, b, shape);
  await addMatmul(b, block, quotient, shape, -1);
  await addMatmul(quotient, inverse, b, shape);
  b.set(quotient);
}

/** L⁻¹ X in place, where X holds rows from the start of panel `first` on and those above are zero. */
async function forward(
  panels: readonly Panel[],
  x: Float64Array,
  columns: number,
  first: number,
  n: number,
): Promise<void> {
  for (const panel of panels.slice(first)) {
    const { start, size, data } = panel;
    const top = (start - panels[first].start) * columns;
    const middle = top + size * columns;
    const solved = x.subarray(top, middle);
    await solveDiagonalBlock(panel, solved, columns, false);
    const m = n - start - size;
    await addMatmul(x.subarray(middle), data.subarray(size * size), solved, { m, k: size, n: columns }, -1);
  }
}

/** Rows of L⁻ᵀ X from the start of panel `first` on, in place; X holds just these rows. */
async function backward(
  panels: readonly Panel[],
  x: Float64Array,
  columns: number,
  first: number,
  n: number,
): Promise<void> {
  for (const panel of panels.slice(first).reverse()) {
    const { start, size, data } = panel;
    const top = (start - panels[first].start) * columns;
    const middle = top + size * columns;
    const own = x.subarray(top, middle);
    const k = n - start - size;
    const shape = { m: size, k, n: columns, transposeA: true };
    await addMatmul(own, data.subarray(size * size), x.subarray(middle), shape, -1);
    await solveDiagonalBlock(panel, own, columns, true);
  }
}

function identityColumns(rows: number, size: number): Float64Array {
  const columns = new Float64Array(rows * size);
  for (let i = 0; i < size; i++) columns[i * size + i] = 1;
  return columns;
}

function logDeterminant(panels: readonly Panel[]): number {
  let sum = 0;
  for (const { size, data } of panels) for (let i = 0; i < size; i++) sum += 2 * Math.log(data[i * size + i]);
  return sum;
}
