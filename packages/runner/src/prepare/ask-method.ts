import {
  BenchError,
  type SubsetDesign,
  subsetDesignProblem,
  type TaskInfo,
  toPlainError,
  type UsedModels,
} from '@attribution-bench/contract';
import { seriesOf } from '@attribution-bench/tasks';
import type { GridMethod, LoadedMethod } from '../model/grid.js';
import { failureLine } from '../steps/registry.js';

/** What a method with its parameters says of a task: which models it uses there, why it is not run, or why it cannot answer. */
export type MethodAnswer =
  | {
      readonly uses: Awaited<ReturnType<LoadedMethod['uses']>>;
      /** What differs from the method's paper, where something does. */
      readonly adaptation?: string;
    }
  | { readonly skipped: string }
  | { readonly broken: string };

/**
 * Asks a method, which may be a user's, for everything that planning its cells of a task needs.
 * @param isRead whether anything reads its scores of the task
 * @param splits whether the grid sets subsets aside (`select`)
 */
export async function askMethod(
  { loaded, params }: GridMethod,
  info: TaskInfo,
  isRead: boolean,
  splits: boolean,
): Promise<MethodAnswer> {
  try {
    const unfit = needsMore(loaded.method, info, splits);
    if (unfit !== undefined) return { skipped: unfit };
    const supported = await loaded.supports(info, params);
    if (supported !== true) return { skipped: supported };
    if (!isRead) return { skipped: 'no metric of the grid is for this task' };
    const uses = await loaded.uses(params);
    checkFraction(loaded.method, uses);
    const unlearned = learnsFromNothing(loaded.method, uses, info);
    if (unlearned !== undefined) return { skipped: unlearned };
    const adaptation = await loaded.adapted(info, params);
    return { uses, ...(adaptation !== undefined && { adaptation }) };
  } catch (error) {
    return { broken: failureLine(toPlainError(error)) };
  }
}

/** What a method needs that such a task has not, whatever the method says of it. */
function needsMore({ needs, tasks }: LoadedMethod['method'], { kind }: TaskInfo, splits: boolean): string | undefined {
  if (kind === 'regressor' && needs.includes('labels'))
    return 'needs classes, which the points of a regressor do not have';
  const learns = needs.includes('subsets');
  if (kind !== 'foreign') return undefined;
  if (tasks.includes('foreign') && needs.every((need) => need === 'subsets'))
    return learns && !splits ? 'needs subsets to learn from: set select.tuneFraction, their share of all' : undefined;
  const wanted = needs.includes('labels') && needs.length === 1 ? 'labels' : 'a model';
  return `needs ${wanted}, and of this task only the truth is known`;
}

/** Whose training is looked at step by step has to be trained on what its task says. */
function checkFraction({ needs }: LoadedMethod['method'], { checkpointFraction: fraction }: UsedModels): void {
  if (fraction === undefined) return;
  const wrong = (message: string, next: string) => new BenchError({ code: 'METHOD_ANSWER', message, next });
  if (!(fraction > 0 && fraction < 1))
    throw wrong(
      `uses() returned a checkpointFraction of ${JSON.stringify(fraction)}`,
      'it is a share between 0 and 1; leave it out for checkpoints trained on all points',
    );
  const along = needs.find((need) => need === 'trajectory' || need === 'unrolling');
  if (along !== undefined)
    throw wrong(
      `needs ${JSON.stringify(along)}, and uses() asks for checkpoints trained on subsets`,
      'leave checkpointFraction out: only runs on all points can be looked along',
    );
}

/** Why a method that learns from subsets has none on a task that is trained here. */
function learnsFromNothing(
  { needs }: LoadedMethod['method'],
  { subsets }: UsedModels,
  { kind, train }: TaskInfo,
): string | undefined {
  if (!needs.includes('subsets') || kind === 'foreign') return undefined;
  if (subsets === undefined)
    return 'learns from subsets of a published truth (kind: foreign); its uses() names none to train on';
  const problem = subsetDesignProblem(subsets) ?? tooMany(subsets, train);
  if (problem === undefined) return undefined;
  throw new BenchError({
    code: 'METHOD_ANSWER',
    message: `uses() returned a design of subsets that ${problem}`,
    next: 'see SubsetDesign of @attribution-bench/contract',
  });
}

/** A plan has a step for each stack of models. */
const mostModels = 1_000_000;

function tooMany(design: SubsetDesign, train: number): string | undefined {
  const models = seriesOf(design, train).reduce((sum, { count }) => sum + count, 0);
  return models > mostModels ? `takes ${models} models, more than ${mostModels}` : undefined;
}
