import { hasGroups, type TaskSpec } from '@attribution-bench/tasks';
import type { GridTask, ModelTask, TruthSpec } from '../model/grid.js';
import type { GridProblem } from './grid-errors.js';
import type { RawTruth } from './schema.js';
import type { Path } from './yaml-source.js';

/** Retrainings of each subset where a file does not say: repeating a run with its seed gives the same model every time. */
const defaultRetrainings = { fresh: 2, same: 1 } as const;
const defaultFraction = 0.5;

/**
 * The tasks that one task of a grid file stands for: where its truth lists several subset shares, or both kinds of seeds, one
 * each: `id@0.3`, `id@same`, `id@0.3-same`. They have models, fits, scores and retrainings for metrics in common; truths and
 * what rests on them differ.
 * @param place of a member of the truth in the file
 */
export function sweepTruths(
  spec: TaskSpec,
  truth: RawTruth | undefined,
  place: (path: Path) => string,
  problems: GridProblem[],
): ModelTask[] {
  if (truth === undefined) return [{ id: spec.id, spec }];
  const { fraction, leaveOut, seeds, retrainSeeds, by, ...rest } = truth;
  const train = spec.data.train as number;
  if (fraction !== undefined && leaveOut !== undefined)
    problems.push({
      place: place(['truth', 'leaveOut']),
      message: 'leaveOut and fraction both say how many points a subset has',
      next: 'leave one of them out',
    });
  if (leaveOut !== undefined && leaveOut >= train) {
    const message = `leaves out ${leaveOut} of ${train} training points`;
    problems.push({ place: place(['truth', 'leaveOut']), message, next: `say ${train - 1} at most` });
  }
  if (by === 'group') {
    const report = (message: string, next: string) => problems.push({ place: place(['truth', 'by']), message, next });
    if (!hasGroups(spec.data))
      report(
        `asks for subsets of whole groups, and the points of task "${spec.id}" have no groups`,
        'take data: { use: emoji }, or arrays with group_train and data: { groups: true }, or leave truth.by out',
      );
    if (leaveOut !== undefined || rest.stratified)
      report(
        `of groups cannot be there beside ${leaveOut === undefined ? 'stratified' : 'leaveOut'}`,
        'leave one of them out; fraction says how many points a subset of groups has',
      );
  }
  const shares = leaveOut === undefined ? [fraction ?? defaultFraction].flat() : [(train - leaveOut) / train];
  if (rest.stratified && spec.kind === 'regressor')
    problems.push({
      place: place(['truth', 'stratified']),
      message: 'the points of a regressor have no classes',
      next: 'leave stratified out',
    });
  const kinds = [seeds ?? 'fresh'].flat();
  return shares.flatMap((share) =>
    kinds.map((kind): ModelTask => {
      const listed = [...(Array.isArray(fraction) ? [share] : []), ...(Array.isArray(seeds) ? [kind] : [])];
      const id = listed.length === 0 ? spec.id : `${spec.id}@${listed.join('-')}`;
      const own: TruthSpec = {
        ...rest,
        fraction: share,
        retrainSeeds: retrainSeeds ?? defaultRetrainings[kind],
        ...(by === 'group' && { by }),
        ...(kind === 'same' && { seeds: kind }),
        ...(leaveOut !== undefined && { leaveOut }),
      };
      return { id, spec: { ...spec, id }, truth: own };
    }),
  );
}

/** Ids of the tasks that a task named `id` in the grid file stands for. */
export function sweptIds(id: string, tasks: readonly GridTask[]): string[] {
  return tasks.flatMap((task) => (isTaskOf(id, task.id) ? [task.id] : []));
}

/** Whether a task is one of those that a task named `id` in the grid file stands for. */
export function isTaskOf(id: string, task: string): boolean {
  return task === id || task.startsWith(`${id}@`);
}
