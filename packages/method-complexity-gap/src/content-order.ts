/**
 * The points in an order that depends on what they are and not on where they stand: by label, then by their values one
 * after the other. Random draws made in it are the same however the training set is shuffled.
 * @param inputs [points × dims]
 * @returns the indices of the points, in that order
 */
export function contentOrder(inputs: Float32Array, dims: number, labels: Int32Array): Int32Array {
  return Int32Array.from(labels.keys()).sort((a, b) => {
    if (labels[a] !== labels[b]) return labels[a] - labels[b];
    for (let k = 0; k < dims; k++) {
      const difference = inputs[a * dims + k] - inputs[b * dims + k];
      if (difference !== 0) return difference;
    }
    return a - b;
  });
}
