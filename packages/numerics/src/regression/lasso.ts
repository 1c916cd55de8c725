/** Columns of features, each less its mean over the rows that a fit is on. */
export interface LassoFeatures {
  readonly rows: number;
  readonly columns: number;
  /** [columns × rows] */
  readonly centred: Float64Array;
  /** What was taken from each column, [columns]. */
  readonly means: Float64Array;
  /** Mean square of each centred column, [columns]. */
  readonly squares: Float64Array;
}

/** Passes over the columns that are taken for one λ at most. */
const mostPasses = 1000;

/**
 * Features of some rows for {@link lassoPath}.
 * @param columns [columns × rows of all]
 * @param rows numbers of the rows to fit on
 */
export function lassoFeatures(columns: Float64Array, allRows: number, rows: Int32Array): LassoFeatures {
  const count = columns.length / allRows;
  const centred = new Float64Array(count * rows.length);
  const squares = new Float64Array(count);
  const means = new Float64Array(count);
  for (let j = 0; j < count; j++) {
    for (const row of rows) means[j] += columns[j * allRows + row] / rows.length;
    for (const [at, row] of rows.entries()) {
      const value = columns[j * allRows + row] - means[j];
      centred[j * rows.length + at] = value;
      squares[j] += (value * value) / rows.length;
    }
  }
  return { rows: rows.length, columns: count, centred, means, squares };
}

/** The smallest λ whose weights are all 0. @param targets centred, [rows] */
export function lassoLargestPenalty({ rows, columns, centred }: LassoFeatures, targets: Float64Array): number {
  let largest = 0;
  for (let j = 0; j < columns; j++) largest = Math.max(largest, Math.abs(product(centred, j, rows, targets)));
  return largest;
}

/**
 * The lasso (Tibshirani 1996) by cyclic coordinate descent over the weights that are not 0, and over all until none joins them
 * (Friedman, Hastie and Tibshirani 2010): for each λ the minimiser of Σ (y - x w)² / 2m + λ Σ |w|, starting from that before.
 * @param targets centred, [rows]
 * @param penalties descending
 * @param tolerance a pass that moves fitted values by no more than this share of the largest target ends a fit
 * @returns weights for each λ, [columns] each
 */
export function lassoPath(
  features: LassoFeatures,
  targets: Float64Array,
  penalties: readonly number[],
  tolerance = 1e-6,
): Float64Array[] {
  const { rows, columns, centred, squares } = features;
  const residual = targets.slice();
  const weights = new Float64Array(columns);
  const scale = targets.reduce((largest, target) => Math.max(largest, Math.abs(target)), 0);
  /** Moves one weight to its optimum; by how much that moves fitted values, as a root mean square. */
  const update = (j: number, penalty: number): number => {
    if (squares[j] === 0) return 0;
    const before = weights[j];
    const pull = product(centred, j, rows, residual) + squares[j] * before;
    const after = (Math.sign(pull) * Math.max(0, Math.abs(pull) - penalty)) / squares[j];
    if (after === before) return 0;
    weights[j] = after;
    const change = after - before;
    for (let row = 0, at = j * rows; row < rows; row++, at++) residual[row] -= change * centred[at];
    return Math.abs(change) * Math.sqrt(squares[j]);
  };
  return penalties.map((penalty) => {
    for (let pass = 0; pass < mostPasses; ) {
      let moved = 0;
      for (let j = 0; j < columns; j++) moved = Math.max(moved, update(j, penalty));
      pass++;
      if (moved <= tolerance * scale) break;
      const active = Array.from(weights.keys()).filter((j) => weights[j] !== 0);
      for (moved = Number.POSITIVE_INFINITY; moved > tolerance * scale && pass < mostPasses; pass++) {
        moved = 0;
        for (const j of active) moved = Math.max(moved, update(j, penalty));
      }
    }
    return weights.slice();
  });
}

/** Mean over rows of a column times a vector. */
function product(centred: Float64Array, column: number, rows: number, vector: Float64Array): number {
  let sum = 0;
  for (let row = 0, at = column * rows; row < rows; row++, at++) sum += centred[at] * vector[row];
  return sum / rows;
}
