import { type LassoFeatures, lassoFeatures, lassoLargestPenalty, lassoPath } from './lasso.js';

/** λ that are tried, as shares of the smallest one whose weights are all 0. */
const shares = Array.from({ length: 10 }, (_, step) => 0.9 * 0.75 ** step);
const folds = 5;
/** Errors are compared after this much less work than weights are computed with. */
const comparing = 1e-4;

export interface LassoOfMany {
  /** [targets × columns] */
  readonly weights: Float32Array;
  /** λ as a share of the smallest one whose weights are all 0. */
  readonly share: number;
  /** Squared error of cross-validation as a share of that of the mean, the mean over targets; absent where a share was given. */
  readonly error?: number;
}

/**
 * A lasso with an unpenalised intercept for each of many targets on the same features. λ is one share, for all targets, of each
 * target's smallest λ whose weights are all 0: a given one, or that of a fixed list with the smallest error by five-fold
 * cross-validation, row `i` in fold `i mod 5`.
 * @param columns features, [columns × rows]
 * @param targets [rows × targets]
 * @param given share between 0 and 1; 0: chosen
 * @param onTarget called between targets with the share of the work done
 */
export function lassoOfMany(
  columns: Float64Array,
  targets: Float64Array,
  { rows, given }: { readonly rows: number; readonly given: number },
  onTarget: (done: number) => void,
): LassoOfMany {
  const count = targets.length / rows;
  const width = columns.length / rows;
  const all = partOf(columns, rows, () => true);
  const ofTarget = (target: number) => Float64Array.from({ length: rows }, (_, row) => targets[row * count + target]);
  const fitting = given === 0 ? 1 / (folds + 1) : 1;
  const chosen =
    given === 0
      ? chosenShare(columns, rows, all, count, (target) => {
          onTarget((target / count) * (1 - fitting));
          return ofTarget(target);
        })
      : { share: given };
  const path = [...shares.filter((share) => share > chosen.share), chosen.share];
  const weights = new Float32Array(count * width);
  for (let target = 0; target < count; target++) {
    onTarget(1 - fitting + (target / count) * fitting);
    const { values } = centredOn(all.rows, ofTarget(target));
    const largest = lassoLargestPenalty(all.features, values);
    if (largest === 0) continue;
    const fits = lassoPath(
      all.features,
      values,
      path.map((share) => share * largest),
    );
    weights.set(fits[fits.length - 1], target * width);
  }
  return { weights, ...chosen };
}

/** Some rows to fit on, and those that are left out. */
interface Part {
  readonly features: LassoFeatures;
  readonly rows: Int32Array;
  readonly left: Int32Array;
}

function partOf(columns: Float64Array, rows: number, isKept: (row: number) => boolean): Part {
  const numbers = Int32Array.from({ length: rows }, (_, row) => row);
  const kept = numbers.filter(isKept);
  return { features: lassoFeatures(columns, rows, kept), rows: kept, left: numbers.filter((row) => !isKept(row)) };
}

function chosenShare(
  columns: Float64Array,
  rows: number,
  all: Part,
  count: number,
  ofTarget: (target: number) => Float64Array,
): Required<Pick<LassoOfMany, 'share' | 'error'>> {
  const parts = Array.from({ length: folds }, (_, fold) => partOf(columns, rows, (row) => row % folds !== fold));
  const errors = new Float64Array(shares.length);
  let varying = 0;
  for (let target = 0; target < count; target++) {
    const values = ofTarget(target);
    const largest = lassoLargestPenalty(all.features, centredOn(all.rows, values).values);
    if (largest === 0) continue;
    const penalties = shares.map((share) => share * largest);
    const held = parts.map((part) => heldOutErrors(columns, part, values, penalties));
    const ofMean = held.reduce((sum, { without }) => sum + without, 0);
    for (const { errors: own } of held) for (const [at, error] of own.entries()) errors[at] += error / ofMean;
    varying++;
  }
  const best = errors.indexOf(Math.min(...errors));
  return { share: shares[best], error: varying === 0 ? 1 : errors[best] / varying };
}

/** Squared errors on the rows left out, of the fit with each λ and of the mean. @param values [rows of all] */
function heldOutErrors(
  columns: Float64Array,
  { features, rows, left }: Part,
  values: Float64Array,
  penalties: readonly number[],
): { readonly errors: readonly number[]; readonly without: number } {
  const { mean, values: centred } = centredOn(rows, values);
  const allRows = rows.length + left.length;
  const errors = lassoPath(features, centred, penalties, comparing).map((weights) => {
    const used = Array.from(weights.keys()).filter((j) => weights[j] !== 0);
    return left.reduce((sum, row) => {
      const fitted = used.reduce(
        (total, j) => total + weights[j] * (columns[j * allRows + row] - features.means[j]),
        mean,
      );
      return sum + (values[row] - fitted) ** 2;
    }, 0);
  });
  return { errors, without: left.reduce((sum, row) => sum + (values[row] - mean) ** 2, 0) };
}

/** Some of the values less their mean. */
function centredOn(rows: Int32Array, values: Float64Array): { readonly mean: number; readonly values: Float64Array } {
  const mean = rows.reduce((sum, row) => sum + values[row], 0) / rows.length;
  return { mean, values: Float64Array.from(rows, (row) => values[row] - mean) };
}
