import type { Split, Truth } from '@attribution-bench/contract';
import type { BoardTaskSummary, SplitSize } from '../board.js';
import type { BoardTask } from '../board-input.js';

/** What a board says of a task beside its rows. */
export function summaryOf(
  { info, dataset, truth, foreign, report, tune, sanity, diagnostics, questions = {} }: BoardTask,
  rankedBy?: string,
  acrossSeeds: NonNullable<BoardTaskSummary['truth']>['acrossSeeds'] = {},
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
            ...pointsOf(truth),
            ...(truth.stratified !== undefined && { stratified: truth.stratified }),
            ...(truth.by !== undefined && { by: truth.by }),
            ...(truth.balanced !== undefined && { balanced: truth.balanced }),
            ...(truth.seeds !== undefined && { seeds: truth.seeds }),
            ...(Object.keys(acrossSeeds).length > 0 && { acrossSeeds }),
          },
        }),
    ...(foreign === undefined ? {} : { foreign }),
    report: sizeOf(report),
    ...(tune !== undefined && { tune: sizeOf(tune) }),
    ...(Object.keys(questions).length === 0 ? {} : { questions }),
    ...(rankedBy !== undefined && { rankedBy }),
  };
}

function pointsOf({ members }: Truth): { readonly points: number; readonly mostPoints?: number } {
  const sizes = members.map(({ length }) => length);
  const [points, mostPoints] = [Math.min(...sizes), Math.max(...sizes)];
  return points === mostPoints ? { points } : { points, mostPoints };
}

function sizeOf({ subsets, queries }: Split): SplitSize {
  return { subsets: subsets.length, queries: queries.length };
}
