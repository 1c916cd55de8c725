import type { Split } from '@attribution-bench/contract';
import type { BoardTaskSummary, SplitSize } from '../board.js';
import type { BoardTask } from '../board-input.js';

/** What a board says of a task beside its rows. */
export function summaryOf(
  { info, dataset, truth, report, tune, sanity, diagnostics, questions = {} }: BoardTask,
  rankedBy?: string,
): BoardTaskSummary {
  return {
    id: info.id,
    kind: info.kind,
    dataset,
    target: info.target,
    train: info.train,
    queries: info.queries,
    parameters: info.parameters,
    classes: info.classes,
    inputShape: info.inputShape,
    epochs: info.epochs,
    batch: info.batch,
    sanity,
    ...(diagnostics !== undefined && { diagnostics }),
    ...(truth === undefined
      ? {}
      : {
          truth: {
            key: truth.key,
            subsets: truth.subsets,
            retrainSeeds: truth.retrainSeeds,
            fraction: truth.fraction,
            points: truth.members[0].length,
            ...(truth.stratified !== undefined && { stratified: truth.stratified }),
          },
        }),
    report: sizeOf(report),
    ...(tune !== undefined && { tune: sizeOf(tune) }),
    ...(Object.keys(questions).length === 0 ? {} : { questions }),
    ...(rankedBy !== undefined && { rankedBy }),
  };
}

function sizeOf({ subsets, queries }: Split): SplitSize {
  return { subsets: subsets.length, queries: queries.length };
}
