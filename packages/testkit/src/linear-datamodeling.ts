import { deriveSeed, Rng } from '@attribution-bench/contract';
import { spearman } from '@attribution-bench/numerics';
import { neverCancelled, type Setting } from './setting.js';

/** Targets of every query after retraining on random halves of the training set. */
export interface SubsetTruth {
  readonly members: readonly Int32Array[];
  /** [subsets][queries] */
  readonly targets: readonly Float32Array[];
}

export async function retrainOnHalves({ spec, task }: Setting, subsets: number): Promise<SubsetTruth> {
  const { train } = task.info;
  const members = Array.from({ length: subsets }, (_, subset) =>
    new Rng(deriveSeed(spec.seed, spec.id, 'truth-subset', subset)).subset(train, Math.floor(train / 2)),
  );
  const trained = await task.train({
    runs: members.map((rows, subset) => ({
      seed: deriveSeed(spec.seed, spec.id, 'truth-retrain', subset),
      members: rows,
    })),
    cancel: neverCancelled,
  });
  return { members, targets: await task.queryTargets(trained.map(({ parameters }) => parameters)) };
}

/**
 * Linear datamodeling score: Spearman's correlation over subsets of the summed scores of their members with the target,
 * averaged over queries; a query with constant sums counts 0.
 * @param scores [queries × train] or [train]
 */
export function linearDatamodelingScore(
  scores: ArrayLike<number>,
  { members, targets }: SubsetTruth,
  train: number,
): number {
  const queries = targets[0].length;
  const pairwise = scores.length === queries * train;
  let sum = 0;
  for (let query = 0; query < queries; query++) {
    const row = pairwise ? query * train : 0;
    const predicted = members.map((rows) => rows.reduce((total, point) => total + scores[row + point], 0));
    sum +=
      spearman(
        predicted,
        targets.map((target) => target[query]),
      ) ?? 0;
  }
  return sum / queries;
}
