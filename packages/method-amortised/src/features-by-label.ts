import { standardiser } from '@attribution-bench/numerics';

/** Rows of a regression, row-major. */
export interface RegressionRows {
  readonly data: Float64Array;
  readonly points: number;
  readonly columns: number;
}

/**
 * What a regression sees of labelled points: the standardised features x, over √dims so that |x|² is near 1, the label, and the
 * features once more for each label, so that what a feature means may depend on the label. Labels that no point has, and all
 * where there is only one, have no columns.
 * @param features [points × dims]
 */
export function featuresByLabel(features: ArrayLike<number>, dims: number, labels: Int32Array): RegressionRows {
  const scale = standardiser(features, dims);
  const x = scale.apply(features);
  const present = [...new Set(labels)].sort((a, b) => a - b);
  const shared = scale.dims;
  const own = present.length > 1 ? present.length : 0;
  const columns = shared + own * (shared + 1);
  const data = new Float64Array(labels.length * columns);
  for (const [point, label] of labels.entries()) {
    const row = data.subarray(point * columns, (point + 1) * columns);
    const values = x.subarray(point * shared, (point + 1) * shared).map((value) => value / Math.sqrt(shared));
    row.set(values);
    if (own === 0) continue;
    const first = shared + present.indexOf(label) * (shared + 1);
    row.set(values, first);
    row[first + shared] = 1;
  }
  return { data, points: labels.length, columns };
}
