export type Quality = 'self-confidence' | 'normalised-margin' | 'confidence-weighted-entropy';

/** Smallest p of a label that entropies are divided by: probabilities are computed in float32. */
const smallest = 2 ** -126;

/**
 * 1 less the label quality score of each point, between 0 and 1, [points].
 * With p the probabilities and y the label: `self-confidence` p_y; `normalised-margin` (p_y - max_{j≠y} p_j + 1) / 2;
 * `confidence-weighted-entropy` log(1 + r) / r, r = H(p) / (p_y log classes).
 * @param probabilities [points × classes]
 */
export function suspicionOf(probabilities: Float64Array, labels: Int32Array, quality: Quality): Float64Array {
  const classes = probabilities.length / labels.length;
  return Float64Array.from(labels, (label, point) => {
    const p = probabilities.subarray(point * classes, (point + 1) * classes);
    const others = p.filter((_, j) => j !== label);
    const doubt = others.reduce((sum, value) => sum + value, 0);
    if (quality === 'self-confidence') return doubt;
    if (quality === 'normalised-margin') return (doubt + Math.max(...others)) / 2;
    const entropy = p.reduce((sum, value) => (value > 0 ? sum - value * Math.log(value) : sum), 0);
    const r = entropy / Math.log(classes) / Math.max(p[label], smallest);
    return r === 0 ? 0 : 1 - Math.log1p(r) / r;
  });
}

/** Mean probability of each class over the points that are labelled with it, [classes]; infinite for a class without any. */
function thresholds(probabilities: Float64Array, labels: Int32Array, classes: number): Float64Array {
  const sums = new Float64Array(classes);
  const counts = new Float64Array(classes);
  for (const [point, label] of labels.entries()) {
    sums[label] += probabilities[point * classes + label];
    counts[label]++;
  }
  return sums.map((sum, label) => (counts[label] === 0 ? Number.POSITIVE_INFINITY : sum / counts[label]));
}

/** Probabilities with each class's threshold taken off and the largest one put on, scaled to sum to 1, [points × classes]. */
export function adjusted(probabilities: Float64Array, labels: Int32Array, classes: number): Float64Array {
  const known = thresholds(probabilities, labels, classes).map((value) => (Number.isFinite(value) ? value : 0));
  const largest = known.reduce((most, value) => Math.max(most, value), 0);
  const shifted = probabilities.map((p, at) => p - known[at % classes] + largest);
  const totals = new Float64Array(labels.length);
  for (const [at, value] of shifted.entries()) totals[Math.floor(at / classes)] += value;
  return shifted.map((value, at) => value / totals[Math.floor(at / classes)]);
}

/**
 * Points that the confident joint counts under another label (equation 1 of Northcutt et al. 2021): of the classes whose
 * probability is at least their threshold, the most probable one is not the label.
 */
export function offDiagonal(probabilities: Float64Array, labels: Int32Array, classes: number): number[] {
  const least = thresholds(probabilities, labels, classes);
  return [...labels.keys()].filter((point) => {
    let likeliest: number | undefined;
    for (let j = 0; j < classes; j++) {
      const p = probabilities[point * classes + j];
      if (p >= least[j] && (likeliest === undefined || p > probabilities[point * classes + likeliest])) likeliest = j;
    }
    return likeliest !== undefined && likeliest !== labels[point];
  });
}
