import { Rng, sizeOf } from '@attribution-bench/contract';
import type { TaskData } from '../../src/index.js';
import { runSeed } from './tasks.js';

/** Images of a few classes, each with a bright band of its own, so that there is something to learn. */
export function imageData(inputShape: readonly number[], train = 7, queries = 3, classes = 3): TaskData {
  const rng = new Rng(runSeed(9));
  return labelledData(inputShape, { train, queries, classes }, (label, i) => {
    const row = Math.floor(i / (inputShape[1] * inputShape[2]));
    const band = Math.floor((row * classes) / inputShape[0]);
    return rng.uniform() * 0.6 + (band === label ? 0.4 : 0);
  });
}

/** Rows of `length` whole numbers below `count`, of which each class prefers its own. */
export function tokenData(length: number, count: number, train = 7, queries = 3, classes = 3): TaskData {
  const rng = new Rng(runSeed(8));
  return labelledData([length], { train, queries, classes }, (label) =>
    rng.uniform() < 0.5 ? label : rng.below(count),
  );
}

function labelledData(
  inputShape: readonly number[],
  { train, queries, classes }: { readonly train: number; readonly queries: number; readonly classes: number },
  value: (label: number, i: number) => number,
): TaskData {
  const dims = sizeOf(inputShape);
  const labelsOf = (count: number) => Int32Array.from({ length: count }, (_, i) => i % classes);
  const inputsOf = (labels: Int32Array) =>
    Float32Array.from({ length: labels.length * dims }, (_, i) => value(labels[Math.floor(i / dims)], i % dims));
  const labels = labelsOf(train);
  const queryLabels = labelsOf(queries);
  return {
    inputs: inputsOf(labels),
    labels,
    flipped: new Uint8Array(train),
    queryInputs: inputsOf(queryLabels),
    queryLabels,
    inputShape,
    classes,
    ids: Array.from(labels, (_, i) => `train/${i}`),
    queryIds: Array.from(queryLabels, (_, i) => `test/${i}`),
  };
}
