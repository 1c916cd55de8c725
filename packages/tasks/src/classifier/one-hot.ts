/** [points × classes], 1 at each point's label. */
export function oneHot(labels: Int32Array, classes: number): Float32Array {
  const rows = new Float32Array(labels.length * classes);
  for (const [point, label] of labels.entries()) rows[point * classes + label] = 1;
  return rows;
}
