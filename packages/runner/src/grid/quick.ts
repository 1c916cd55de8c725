import type { TaskSpec } from '@attribution-bench/tasks';
import type { TruthSpec } from '../model/grid.js';

/** Sizes of `--quick` where the grid file does not say any: enough to see that everything runs, not to rank. */
const most = { train: 200, heldout: 20, generated: 8, epochs: 5, subsets: 16, retrainSeeds: 2 } as const;

/** A task cut down to trial size; what `given` (`quick.tasks` of the grid) sets stays. */
export function quickSpec(spec: TaskSpec, given: Given): TaskSpec {
  const cap = (value: number, limit: number, said: unknown) => (said === undefined ? Math.min(value, limit) : value);
  return {
    ...spec,
    data: { ...spec.data, train: cap(spec.data.train as number, most.train, given.data?.train) },
    training: { ...spec.training, epochs: cap(spec.training.epochs, most.epochs, given.model?.epochs) },
    queries: {
      ...spec.queries,
      heldout: cap(spec.queries.heldout, most.heldout, given.data?.queries ?? given.queries?.heldout),
      generated: cap(spec.queries.generated, most.generated, given.queries?.generated),
    },
  };
}

/** Cuts the sizes of the truth. */
export function quickTruth(truth: TruthSpec, given: Partial<TruthSpec>): TruthSpec {
  const { leaveOut, ...rest } = truth;
  return {
    ...rest,
    ...(leaveOut !== undefined && given.fraction === undefined && { leaveOut }),
    subsets: given.subsets ?? Math.min(truth.subsets, most.subsets),
    fraction: given.fraction ?? truth.fraction,
    stratified: given.stratified ?? truth.stratified,
    retrainSeeds: given.retrainSeeds ?? Math.min(truth.retrainSeeds, most.retrainSeeds),
  };
}

interface Given {
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  readonly model?: Readonly<Record<string, unknown>> | undefined;
  readonly queries?: Readonly<Record<string, unknown>> | undefined;
}
