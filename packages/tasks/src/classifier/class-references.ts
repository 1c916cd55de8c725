import type { TaskData } from '../data/task-data.js';
import type { References } from '../supervised/references.js';
import { crossEntropy } from '../targets/cross-entropy.js';

/** One-hot labels, and the cross-entropy of logits with them. */
export function classReferences({ labels, queryLabels, classes }: TaskData): References {
  return {
    width: classes,
    values: { train: oneHot(labels, classes), queries: oneHot(queryLabels, classes) },
    loss: crossEntropy,
  };
}

/** [points × classes], 1 at each point's label. */
function oneHot(labels: Int32Array, classes: number): Float32Array {
  const rows = new Float32Array(labels.length * classes);
  for (const [point, label] of labels.entries()) rows[point * classes + label] = 1;
  return rows;
}
