import type { CancelSignal } from '@attribution-bench/contract';
import { lead } from '../classifier/lead.js';
import type { Task, TrainRequest } from '../task.js';
import { drawSubset, type SubsetKind, type SubsetScope } from './draw-subset.js';

/** What is kept of a model that was trained on a subset for methods to learn from. */
export interface SubsetModel {
  /** Target of every query, [queries]. */
  readonly targets: Float32Array;
  /** See `SubsetOutcomes.onTrain`, [train]. */
  readonly onTrain?: Float32Array;
}

/**
 * Trains one model on each of some subsets of a kind. @param subsets their numbers, consecutive, from a whole stack on and of one stack
 * @throws BenchError TRAINING_DIVERGED
 */
export async function trainOnSubsets(
  task: Task,
  kind: SubsetKind,
  subsets: readonly number[],
  scope: SubsetScope,
  request: Pick<TrainRequest, 'cancel' | 'progress'>,
): Promise<SubsetModel[]> {
  const runs = subsets.map((subset) => drawSubset(kind, subset, scope));
  const trained = await task.train({ ...request, runs });
  const targets = await task.queryTargets(trained.map(({ parameters }) => parameters));
  const models: SubsetModel[] = [];
  for (const [index, { parameters }] of trained.entries())
    models.push({
      targets: targets[index],
      ...(kind.draw === 'bootstrap' && { onTrain: await outcomesOnTrain(task, parameters, request.cancel) }),
    });
  return models;
}

/** See `SubsetOutcomes.onTrain`. */
async function outcomesOnTrain(task: Task, parameters: Float32Array, cancel: CancelSignal): Promise<Float32Array> {
  const checkpoint = { id: 'trained on a subset', run: 0, step: 0, epoch: 0, learningRate: 0 };
  const seed = [0, 0, 0, 0] as const;
  const ctx = task.context({
    checkpoints: [{ ...checkpoint, parameters, seed }],
    trajectory: [],
    scope: seed,
    cancel,
    progress() {},
    log() {},
  });
  const classifies = task.info.kind === 'classifier';
  const values = await ctx.outputs({ of: 'train', checkpoint, output: classifies ? lead : 'loss' });
  return values.map((value) => (classifies ? Number(value > 0) : -value));
}
