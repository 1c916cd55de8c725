import type { Split, TaskInfo, Truth } from '@attribution-bench/contract';

export function taskOf(train: number, queries: number): TaskInfo {
  return {
    id: 'toy',
    kind: 'classifier',
    target: 'margin',
    train,
    queries,
    parameters: 1,
    layers: [],
    inputShape: [1],
    classes: 2,
    diffusionSteps: 0,
    optimizer: 'sgd',
    epochs: 1,
    batch: 1,
  };
}

/** @param outputs [subsets × retrainSeeds × queries] */
export function truthOf(
  train: number,
  members: readonly Int32Array[],
  outputs: ArrayLike<number>,
  retrainSeeds = 1,
): Truth {
  return {
    key: 'toy',
    subsets: members.length,
    retrainSeeds,
    queries: outputs.length / members.length / retrainSeeds,
    train,
    fraction: members[0].length / train,
    members,
    outputs: Float32Array.from(outputs),
  };
}

export const range = (size: number): Int32Array => Int32Array.from({ length: size }, (_, i) => i);

export function everything(truth: Truth): Split {
  return { subsets: range(truth.subsets), queries: range(truth.queries) };
}
