import type { CancelSignal } from '@attribution-bench/contract';

export interface TransportProblem {
  /** [rows × columns] */
  readonly cost: Float64Array;
  readonly rows: number;
  readonly columns: number;
  /** Weight of the entropy, in units of the cost. */
  readonly entropy: number;
  /** Weights of the rows, summing to 1; default all alike. */
  readonly weights?: Float64Array;
  readonly signal: CancelSignal;
}

export interface Transport {
  /** Dual potentials: f_i + g_j = C_ij + ε log(P_ij / a_i b_j). */
  readonly f: Float64Array;
  readonly g: Float64Array;
  /** Σ P_ij C_ij */
  readonly cost: number;
  /** Σ a_i f_i + Σ b_j g_j, the least entropic cost. */
  readonly dual: number;
  /** Σ |row sums of P - a| at the end. */
  readonly error: number;
}

/** Rounds of one step on the log scale and some on that of a kernel. */
const rounds = 100;
const stepsPerRound = 100;
const tolerance = 1e-9;
/** Sums of a kernel beyond these are about to overflow or to vanish: the next step is one on the log scale. */
const [least, most] = [1e-100, 1e100];

/**
 * Entropic optimal transport min ⟨P, C⟩ + ε KL(P | a bᵀ) over couplings P of a and uniform b (Cuturi 2013), by Sinkhorn's
 * iterations in float64. They are steps of the dual potentials on the log scale, where nothing overflows or vanishes however
 * small ε is, and between them scalings of the kernel exp((f + g - C) / ε) (absorption, Schmitzer 2019, arXiv:1610.06519), which
 * come to the same and take no exponentials. Columns come out exact, rows to 1e-9 or as far as 10,000 iterations lead.
 */
export function sinkhorn({ cost, rows, columns, entropy, weights, signal }: TransportProblem): Transport {
  const a = weights ?? new Float64Array(rows).fill(1 / rows);
  const f = new Float64Array(rows);
  const g = new Float64Array(columns);
  const logA = a.map(Math.log);
  const logB = new Float64Array(columns).fill(-Math.log(columns));
  const byColumn = transposed(cost, rows, columns);
  const kernel = new Float64Array(cost.length);
  const next = new Float64Array(rows);
  let error = Number.POSITIVE_INFINITY;
  potentials(g, byColumn, f, logA, entropy);
  for (let round = 0; ; round++) {
    signal.throwIfAborted();
    potentials(next, cost, g, logB, entropy);
    // With g fitted to f, row i of P sums to a_i exp((f_i - next_i) / ε).
    error = a.reduce((sum, share, i) => sum + share * Math.abs(Math.expm1((f[i] - next[i]) / entropy)), 0);
    if (error <= tolerance || round === rounds) break;
    f.set(next);
    potentials(g, byColumn, f, logA, entropy);
    for (let at = 0; at < kernel.length; at++)
      kernel[at] = Math.exp((f[Math.floor(at / columns)] + g[at % columns] - cost[at]) / entropy);
    const { byRow, byColumn: scales } = scaled(kernel, a, columns);
    for (let i = 0; i < rows; i++) f[i] += entropy * Math.log(byRow[i]);
    for (let j = 0; j < columns; j++) g[j] += entropy * Math.log(scales[j]);
  }
  let transported = 0;
  let dual = 0;
  for (let i = 0; i < rows; i++) {
    dual += a[i] * f[i];
    for (let j = 0; j < columns; j++) {
      const c = cost[i * columns + j];
      transported += c * Math.exp((f[i] + g[j] - c) / entropy + logA[i] + logB[j]);
    }
  }
  for (const value of g) dual += value / columns;
  return { f, g, cost: transported, dual, error };
}

/** Factors u, v with which the rows of u K v sum to 1 under uniform b, and its columns under a; v is fitted last. */
function scaled(kernel: Float64Array, a: Float64Array, columns: number) {
  const rows = a.length;
  let u = new Float64Array(rows).fill(1);
  let v = new Float64Array(columns).fill(1);
  for (let step = 0; step < stepsPerRound; step++) {
    const nextU = new Float64Array(rows);
    const sums = new Float64Array(columns);
    let change = 0;
    for (let i = 0; i < rows; i++) {
      const start = i * columns;
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += kernel[start + j] * v[j];
      sum /= columns;
      if (!(sum > least && sum < most)) return { byRow: u, byColumn: v };
      nextU[i] = 1 / sum;
      change += a[i] * Math.abs(u[i] * sum - 1);
      const factor = a[i] * nextU[i];
      for (let j = 0; j < columns; j++) sums[j] += factor * kernel[start + j];
    }
    if (!sums.every((sum) => sum > least && sum < most)) return { byRow: u, byColumn: v };
    u = nextU;
    v = sums.map((sum) => 1 / sum);
    if (change <= tolerance / 10) break;
  }
  return { byRow: u, byColumn: v };
}

/** into_i = -ε log Σ_j exp(logWeights_j + (other_j - C_ij) / ε) */
function potentials(
  into: Float64Array,
  cost: Float64Array,
  other: Float64Array,
  logWeights: Float64Array,
  entropy: number,
): void {
  const columns = other.length;
  for (let i = 0; i < into.length; i++) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < columns; j++)
      largest = Math.max(largest, logWeights[j] + (other[j] - cost[i * columns + j]) / entropy);
    let sum = 0;
    for (let j = 0; j < columns; j++)
      sum += Math.exp(logWeights[j] + (other[j] - cost[i * columns + j]) / entropy - largest);
    into[i] = -entropy * (largest + Math.log(sum));
  }
}

function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const flipped = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) flipped[j * rows + i] = matrix[i * columns + j];
  return flipped;
}
