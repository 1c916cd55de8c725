import { BenchError } from '@attribution-bench/contract';
import { requireCount, requireFinite, requireLength } from '../errors.js';
import { addMatmul, matmul } from '../matrices/matmul.js';
import { transpose } from '../matrices/transpose.js';

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

/** One QL sweep: rotation j turns rows first - j and first - j - 1 of the transposed eigenvectors. */
interface Sweep {
  readonly first: number;
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

const reflectionsPerBlock = 64;
const sweepsPerBatch = 64;
const windowRows = 64;
const maxSweeps = 60;
/** Sweeps for one eigenvalue after which couplings that are rounding errors of the whole matrix count as 0. */
const patience = 30;

/**
 * All eigenvalues and eigenvectors of a symmetric matrix [n × n] in float64, of which the lower triangle is read:
 * Householder tridiagonalisation and implicit QL (Bowdler, Martin, Reinsch and Wilkinson 1968), reflections and
 * rotations applied to the eigenvectors in blocks by matrix products. Throws `NUMERICS_NOT_FINITE` on NaN or infinity.
 */
export async function symmetricEigen(a: Float64Array, n: number): Promise<EigenDecomposition> {
  const { diagonal, offDiagonal, reflections, factors } = tridiagonalise(a, n);
  const rotated = await rotatedIdentity(implicitQl(diagonal, offDiagonal), n);
  const columns = transpose(rotated, n, n);
  await applyReflections(columns, reflections, factors, n);
  return sorted(diagonal, transpose(columns, n, n), n);
}

/** All eigenvalues of a symmetric matrix [n × n], largest first; much cheaper than with eigenvectors. */
export function symmetricEigenvalues(a: Float64Array, n: number): Float64Array {
  const { diagonal, offDiagonal } = tridiagonalise(a, n);
  for (const _ of implicitQl(diagonal, offDiagonal));
  return diagonal.sort((x, y) => y - x);
}

/**
 * Eigenvalues (largest first) and eigenvectors of a symmetric tridiagonal matrix.
 * @param diagonal [n]
 * @param offDiagonal element i couples i and i + 1, [n - 1]
 */
export async function tridiagonalEigen(diagonal: Float64Array, offDiagonal: Float64Array): Promise<EigenDecomposition> {
  const n = diagonal.length;
  requireLength('tridiagonalEigen', 'the off-diagonal', offDiagonal, Math.max(0, n - 1));
  const values = diagonal.slice();
  const coupling = new Float64Array(n);
  coupling.set(offDiagonal, Math.min(n, 1));
  return sorted(values, await rotatedIdentity(implicitQl(values, coupling), n), n);
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

/** Implicit QL with Wilkinson's shift: overwrites the diagonal with the eigenvalues, and gives every sweep it makes. */
function* implicitQl(d: Float64Array, coupling: Float64Array): Generator<Sweep> {
  const n = d.length;
  const e = new Float64Array(n);
  e.set(coupling.subarray(1));
  const cosines = new Float64Array(n);
  const sines = new Float64Array(n);
  let scale = 0;
  for (let i = 0; i < n; i++) scale = Math.max(scale, Math.abs(d[i]) + Math.abs(e[i]));
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      const floor = sweep < patience ? 0 : scale;
      let m = l;
      while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * Math.max(floor, Math.abs(d[m]) + Math.abs(d[m + 1]))) m++;
      if (m === l) break;
      if (sweep === maxSweeps)
        throw new BenchError({
          code: 'NUMERICS_NO_CONVERGENCE',
          place: 'symmetricEigen',
          message: `eigenvalue ${l} of ${n} did not converge in ${maxSweeps} sweeps`,
          next: 'check that the matrix is symmetric and well scaled',
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
      yield { first: m, cosines: cosines.slice(0, count), sines: sines.slice(0, count) };
      if (i >= l) continue;
      d[l] -= shift;
      e[l] = g;
      e[m] = 0;
    }
  }
}

/** The product of all rotations, [n × n], by batches of sweeps. */
async function rotatedIdentity(sweeps: Iterable<Sweep>, n: number): Promise<Float64Array> {
  const z = identity(n);
  let batch: Sweep[] = [];
  for (const sweep of sweeps) {
    batch.push(sweep);
    if (batch.length < sweepsPerBatch) continue;
    await applySweeps(z, batch, n);
    batch = [];
  }
  await applySweeps(z, batch, n);
  return z;
}

/**
 * Z ← rotations·Z. Rotations of later sweeps commute with those of earlier ones further down, so a window of rows, one
 * row higher for each sweep, gathers its part of all sweeps into one small orthogonal matrix: one product a window
 * (Lang 1998, Van Zee, van de Geijn and Quintana-Ortí 2014).
 */
async function applySweeps(z: Float64Array, sweeps: readonly Sweep[], n: number): Promise<void> {
  const highest = Math.max(...sweeps.map(({ first }) => first));
  const lowest = Math.min(...sweeps.map(({ first, cosines }) => first - cosines.length));
  for (let top = highest; top + sweeps.length > lowest + 1; top -= windowRows) {
    const low = Math.max(lowest, top - windowRows);
    const high = Math.min(highest, top + sweeps.length - 1);
    const size = high - low + 1;
    if (size < 2) continue;
    const rotation = identity(size);
    for (const [k, { first, cosines, sines }] of sweeps.entries()) {
      const from = Math.min(first, top + k);
      const to = Math.max(first - cosines.length + 1, top - windowRows + k + 1);
      for (let row = from; row >= to; row--)
        rotate(rotation, (row - low) * size, size, cosines[first - row], sines[first - row]);
    }
    const rows = z.subarray(low * n, (high + 1) * n);
    rows.set(await matmul<Float64Array>(rotation, rows, { m: size, k: size, n }));
  }
}

/** Rotates the row that starts at `lower` and the one before it. */
function rotate(matrix: Float64Array, lower: number, width: number, cosine: number, sine: number): void {
  const upper = lower - width;
  for (let c = 0; c < width; c++) {
    const f = matrix[lower + c];
    const g = matrix[upper + c];
    matrix[lower + c] = sine * g + cosine * f;
    matrix[upper + c] = cosine * g - sine * f;
  }
}

function identity(n: number): Float64Array<ArrayBuffer> {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = 1;
  return matrix;
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
