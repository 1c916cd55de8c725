import { BenchError, exitCode } from '@attribution-bench/contract';
import { requireCount, requireFinite, requireLength } from './errors.js';
import { addMatmul, matmul } from './matmul.js';
import { transpose } from './transpose.js';

export interface EigenDecomposition {
  /** Largest first, [n]. */
  readonly values: Float64Array;
  /** Orthonormal eigenvectors as rows in the order of the values, [n × n]; of each the largest component is positive. */
  readonly vectors: Float64Array;
}

/** A = Q T Qᵀ with T tridiagonal and Q a product of Householder reflections. */
interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Element i couples i - 1 and i; element 0 is 0. */
  readonly offDiagonal: Float64Array;
  /** Row i holds in its first i elements the vector of the i-th reflection, [n × n]. */
  readonly reflections: Float64Array;
  /** I - factor·v·vᵀ */
  readonly factors: Float64Array;
}

const reflectionsPerBlock = 64;
const chunkColumns = 64;
const maxSweeps = 60;

/**
 * All eigenvalues and eigenvectors of a symmetric matrix [n × n] in float64, of which the lower triangle is read:
 * Householder tridiagonalisation and implicit QL (Bowdler, Martin, Reinsch and Wilkinson 1968), the reflections applied
 * in blocks by matrix products. Throws `NUMERICS_NOT_FINITE` on NaN or infinity.
 */
export async function symmetricEigen(a: Float64Array, n: number): Promise<EigenDecomposition> {
  const { diagonal, offDiagonal, reflections, factors } = tridiagonalise(a, n);
  const rotations = new RotatedIdentity(n);
  implicitQl(diagonal, offDiagonal, (first, cosines, sines, count) => rotations.apply(first, cosines, sines, count));
  const columns = transpose(rotations.rows(), n, n);
  await applyReflections(columns, reflections, factors, n);
  return sorted(diagonal, transpose(columns, n, n), n);
}

/** All eigenvalues of a symmetric matrix [n × n], largest first; much cheaper than with eigenvectors. */
export function symmetricEigenvalues(a: Float64Array, n: number): Float64Array {
  const { diagonal, offDiagonal } = tridiagonalise(a, n);
  implicitQl(diagonal, offDiagonal, () => {});
  return diagonal.sort((x, y) => y - x);
}

/**
 * Eigenvalues (largest first) and eigenvectors of a symmetric tridiagonal matrix.
 * @param diagonal [n]
 * @param offDiagonal element i couples i and i + 1, [n - 1]
 */
export function tridiagonalEigen(diagonal: Float64Array, offDiagonal: Float64Array): EigenDecomposition {
  const n = diagonal.length;
  requireLength('tridiagonalEigen', 'the off-diagonal', offDiagonal, Math.max(0, n - 1));
  const values = diagonal.slice();
  const coupling = new Float64Array(n);
  coupling.set(offDiagonal, Math.min(n, 1));
  const rotations = new RotatedIdentity(n);
  implicitQl(values, coupling, (first, cosines, sines, count) => rotations.apply(first, cosines, sines, count));
  return sorted(values, rotations.rows(), n);
}

/**
 * Reflections from the last row up. One pass over the shrinking triangle both applies the rank-two update of one
 * reflection and multiplies by the vector of the next, so that every element is read and written once a reflection.
 */
function tridiagonalise(source: Float64Array, n: number): Tridiagonal {
  requireCount('symmetricEigen', 'n', n, 0);
  requireLength('symmetricEigen', 'the matrix', source, n * n);
  requireFinite('symmetricEigen', 'the matrix', source);
  const a = source.slice();
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  const factors = new Float64Array(n);
  let v = new Float64Array(n);
  let w = new Float64Array(n);
  let product = new Float64Array(n);
  let next = new Float64Array(n);

  for (let i = n - 1; i >= 0; i--) {
    const row = a.subarray(i * n, i * n + i + 1);
    for (let c = 0; c <= i; c++) row[c] -= v[i] * w[c] + w[i] * v[c];
    diagonal[i] = row[i];
    if (i === 0) break;
    const { coupling, factor } = reflection(row, i);
    offDiagonal[i] = coupling;
    factors[i] = factor;
    next.set(row.subarray(0, i));
    product.fill(0, 0, i);
    updateAndMultiply(a, n, i, v, w, next, product);
    [v, next] = [next, v];
    v.fill(0, i);
    let dot = 0;
    for (let c = 0; c < i; c++) dot += v[c] * product[c];
    const half = (factor * factor * dot) / 2;
    for (let c = 0; c < i; c++) product[c] = factor * product[c] - half * v[c];
    [w, product] = [product, w];
    w.fill(0, i);
  }
  return { diagonal, offDiagonal, reflections: a, factors };
}

/** Turns the first `size` elements of a row into the vector that reflects them onto their last one. */
function reflection(row: Float64Array, size: number): { coupling: number; factor: number } {
  let scale = 0;
  for (let c = 0; c < size - 1; c++) scale = Math.max(scale, Math.abs(row[c]));
  if (scale === 0) {
    const coupling = row[size - 1];
    row.fill(0, 0, size);
    return { coupling, factor: 0 };
  }
  scale = Math.max(scale, Math.abs(row[size - 1]));
  let squares = 0;
  for (let c = 0; c < size; c++) {
    row[c] /= scale;
    squares += row[c] * row[c];
  }
  const last = row[size - 1];
  const length = last >= 0 ? Math.sqrt(squares) : -Math.sqrt(squares);
  row[size - 1] = last + length;
  return { coupling: -scale * length, factor: 1 / (squares + last * length) };
}

/** Lower triangle of the leading [size × size] block: A -= v·wᵀ + w·vᵀ, and product = A·next with the new A. */
function updateAndMultiply(
  a: Float64Array,
  n: number,
  size: number,
  v: Float64Array,
  w: Float64Array,
  next: Float64Array,
  product: Float64Array,
): void {
  let r = 0;
  for (; r + 1 < size; r += 2) {
    const upper = r * n;
    const lower = upper + n;
    const [v0, w0, x0] = [v[r], w[r], next[r]];
    const [v1, w1, x1] = [v[r + 1], w[r + 1], next[r + 1]];
    let [sum0, sum1] = [0, 0];
    for (let c = 0; c < r; c++) {
      const [vc, wc, xc] = [v[c], w[c], next[c]];
      const a0 = a[upper + c] - v0 * wc - w0 * vc;
      const a1 = a[lower + c] - v1 * wc - w1 * vc;
      a[upper + c] = a0;
      a[lower + c] = a1;
      sum0 += a0 * xc;
      sum1 += a1 * xc;
      product[c] += a0 * x0 + a1 * x1;
    }
    const corner0 = a[upper + r] - 2 * v0 * w0;
    const beside = a[lower + r] - v1 * w0 - w1 * v0;
    const corner1 = a[lower + r + 1] - 2 * v1 * w1;
    a[upper + r] = corner0;
    a[lower + r] = beside;
    a[lower + r + 1] = corner1;
    product[r] += sum0 + corner0 * x0 + beside * x1;
    product[r + 1] += sum1 + beside * x0 + corner1 * x1;
  }
  if (r < size) {
    const start = r * n;
    let sum = 0;
    for (let c = 0; c <= r; c++) {
      const value = a[start + c] - v[r] * w[c] - w[r] * v[c];
      a[start + c] = value;
      sum += value * next[c];
      if (c < r) product[c] += value * next[r];
    }
    product[r] += sum;
  }
}

/**
 * Implicit QL with Wilkinson's shift: overwrites the diagonal with the eigenvalues. Each sweep is handed to `onSweep`:
 * rotation j turns rows first - j and first - j - 1 of the transposed eigenvector matrix by the given cosine and sine.
 */
function implicitQl(
  d: Float64Array,
  coupling: Float64Array,
  onSweep: (first: number, cosines: Float64Array, sines: Float64Array, count: number) => void,
): void {
  const n = d.length;
  const e = new Float64Array(n);
  e.set(coupling.subarray(1));
  const cosines = new Float64Array(n);
  const sines = new Float64Array(n);
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * (Math.abs(d[m]) + Math.abs(d[m + 1]))) m++;
      if (m === l) break;
      if (sweep === maxSweeps)
        throw new BenchError({
          code: 'NUMERICS_NO_CONVERGENCE',
          place: 'symmetricEigen',
          message: `eigenvalue ${l} of ${n} did not converge in ${maxSweeps} sweeps`,
          next: 'check that the matrix is symmetric and well scaled',
          exit: exitCode.cellFailed,
        });
      const gap = (d[l + 1] - d[l]) / (2 * e[l]);
      const root = Math.hypot(gap, 1);
      let g = d[m] - d[l] + e[l] / (gap + (gap >= 0 ? root : -root));
      let [sine, cosine, shift] = [1, 1, 0];
      let count = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = sine * e[i];
        const b = cosine * e[i];
        const radius = Math.hypot(f, g);
        e[i + 1] = radius;
        if (radius === 0) {
          d[i + 1] -= shift;
          e[m] = 0;
          break;
        }
        sine = f / radius;
        cosine = g / radius;
        g = d[i + 1] - shift;
        const t = (d[i] - g) * sine + 2 * cosine * b;
        shift = sine * t;
        d[i + 1] = g + shift;
        g = cosine * t - b;
        cosines[count] = cosine;
        sines[count] = sine;
        count++;
      }
      onSweep(m, cosines, sines, count);
      if (i >= l) continue;
      d[l] -= shift;
      e[l] = g;
      e[m] = 0;
    }
  }
}

/** A product of plane rotations, as [n × n] rows kept in chunks of columns so that a sweep stays in the cache. */
class RotatedIdentity {
  readonly #n: number;
  readonly #chunks: Float64Array[] = [];

  constructor(n: number) {
    this.#n = n;
    for (let first = 0; first < n; first += chunkColumns) {
      const chunk = new Float64Array(n * chunkColumns);
      for (let c = 0; c < Math.min(chunkColumns, n - first); c++) chunk[(first + c) * chunkColumns + c] = 1;
      this.#chunks.push(chunk);
    }
  }

  apply(first: number, cosines: Float64Array, sines: Float64Array, count: number): void {
    for (const chunk of this.#chunks) {
      for (let j = 0; j < count; j++) rotate(chunk, (first - j) * chunkColumns, cosines[j], sines[j]);
    }
  }

  rows(): Float64Array {
    const n = this.#n;
    const out = new Float64Array(n * n);
    for (const [index, chunk] of this.#chunks.entries()) {
      const first = index * chunkColumns;
      const width = Math.min(chunkColumns, n - first);
      for (let r = 0; r < n; r++) out.set(chunk.subarray(r * chunkColumns, r * chunkColumns + width), r * n + first);
    }
    return out;
  }
}

/** Rotates the row that starts at `lower` and the one before it. */
function rotate(chunk: Float64Array, lower: number, cosine: number, sine: number): void {
  const upper = lower - chunkColumns;
  for (let c = 0; c < chunkColumns; c++) {
    const f = chunk[lower + c];
    const g = chunk[upper + c];
    chunk[lower + c] = sine * g + cosine * f;
    chunk[upper + c] = cosine * g - sine * f;
  }
}

/** X ← H(n-1)···H(1)·X for X [n × n], a block of reflections I - Vᵀ·S·V at a time (Schreiber and Van Loan 1989). */
async function applyReflections(
  x: Float64Array,
  reflections: Float64Array,
  factors: Float64Array,
  n: number,
): Promise<void> {
  for (let first = 1; first < n; first += reflectionsPerBlock) {
    const count = Math.min(reflectionsPerBlock, n - first);
    const length = first + count - 1;
    const v = new Float64Array(count * length);
    for (let j = 0; j < count; j++)
      v.set(reflections.subarray((first + j) * n, (first + j) * n + first + j), j * length);
    const inner = await matmul<Float64Array>(v, v, { m: count, k: length, n: count, transposeB: true });
    const s = new Float64Array(count * count);
    for (let j = 0; j < count; j++) {
      const factor = factors[first + j];
      for (let k = 0; k < j; k++) {
        let sum = 0;
        for (let i = k; i < j; i++) sum += inner[j * count + i] * s[i * count + k];
        s[j * count + k] = -factor * sum;
      }
      s[j * count + j] = factor;
    }
    const top = x.subarray(0, length * n);
    const projected = await matmul<Float64Array>(v, top, { m: count, k: length, n });
    const weighted = await matmul<Float64Array>(s, projected, { m: count, k: count, n });
    await addMatmul(top, v, weighted, { m: length, k: count, n, transposeA: true }, -1);
  }
}

/** Largest value first; each vector's sign such that its largest component (the first of equals) is positive. */
function sorted(values: Float64Array, rows: Float64Array, n: number): EigenDecomposition {
  const order = Int32Array.from(values.keys()).sort((i, j) => values[j] - values[i] || i - j);
  const vectors = new Float64Array(n * n);
  for (const [to, from] of order.entries()) {
    const vector = rows.subarray(from * n, (from + 1) * n);
    const sign = signOfLargest(vector);
    for (let c = 0; c < n; c++) vectors[to * n + c] = sign * vector[c];
  }
  return { values: Float64Array.from(order, (i) => values[i]), vectors };
}

function signOfLargest(vector: Float64Array): 1 | -1 {
  let largest = 0;
  for (const value of vector) if (Math.abs(value) > Math.abs(largest)) largest = value;
  return largest < 0 ? -1 : 1;
}
