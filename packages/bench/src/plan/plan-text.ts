import { availableParallelism } from 'node:os';
import type { Estimate, Plan, PlannedCell, PlannedCellStatus } from '@attribution-bench/runner';
import { count, formatBytes, formatDuration } from '../text/format.js';
import { table } from '../text/table.js';
import { secondsOf } from './cell-seconds.js';
import { nouns, staleGroups } from './stale-groups.js';

const statuses: readonly PlannedCellStatus[] = ['cached', 'stale', 'missing', 'skipped', 'broken'];

interface TextOptions {
  readonly jobs: number;
  /** Whether every cell is listed. */
  readonly verbose: boolean;
}

/** A plan for people: the total first, then what it consists of. */
export function planText(plan: Plan, prediction: Estimate, { jobs, verbose }: TextOptions): string {
  const parts = [
    total(plan, prediction, jobs),
    taskTable(plan, prediction),
    verbose ? cellTable(plan, prediction) : methodTable(plan, prediction),
    ...(verbose ? [] : reasonLines(plan)),
    stepTable(prediction),
    guessText(prediction),
    ...staleLines(plan),
    ...(verbose ? [] : ['bench plan --verbose lists every cell']),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function total(plan: Plan, { seconds, peakRssBytes, unknown }: Estimate, jobs: number): string {
  const counts = counted(plan.cells)
    .map(({ status, number }) => `${number} ${status}`)
    .join(', ');
  const cores = availableParallelism();
  const workers = `${count(jobs, 'worker')}${jobs > cores ? ` on ${jobs} cores (here ${cores})` : ''}`;
  return `${count(plan.cells.length, 'cell')} (${counts}); ${unknown > 0 ? 'at least' : 'about'} ${formatDuration(seconds)} with ${workers}, ${formatBytes(peakRssBytes)} at peak`;
}

/** What the prediction rests on where that is not a run or a trial of the steps themselves. */
function guessText({ guessed, unknown }: Estimate): string {
  const parts = [
    ...(guessed > 0
      ? [`${count(guessed, 'step')} with what others of their kind or trainings of their task take`]
      : []),
    ...(unknown > 0 ? [`${count(unknown, 'step')} not at all`] : []),
  ];
  return parts.length === 0 ? '' : `not timed yet, and counted: ${parts.join(', ')}; bench plan again times more`;
}

function taskTable({ tasks, cells }: Plan, prediction: Estimate): string {
  return table(
    ['task', 'train', 'queries', 'parameters', 'truth', 'cells to do', 'they take'],
    tasks.map(({ info, truth, foreign }) => {
      const toDo = cells.filter((cell) => cell.task === info.id && isToDo(cell));
      return [
        info.id,
        info.train,
        info.queries,
        info.parameters,
        foreign !== undefined
          ? 'published'
          : truth === undefined
            ? 'none'
            : `${truth.cached} of ${truth.total} retrainings stored`,
        toDo.length,
        secondsText(toDo, prediction),
      ];
    }),
  );
}

/** The cells of each method together. */
function methodTable({ cells }: Plan, prediction: Estimate): string {
  const methods = [...new Set(cells.map(({ method }) => method))];
  const shown = counted(cells).map(({ status }) => status);
  return table(
    ['method', ...shown, 'models', 'takes'],
    methods.map((method) => {
      const own = cells.filter((cell) => cell.method === method);
      const toDo = own.filter(isToDo);
      return [
        method,
        ...shown.map((status) => own.filter((cell) => cell.status === status).length),
        toDo.reduce((sum, { retrainings }) => sum + retrainings, 0),
        secondsText(toDo, prediction),
      ];
    }),
  );
}

function cellTable({ cells }: Plan, prediction: Estimate): string {
  return table(
    ['cell', 'status', 'models', 'takes', 'why'],
    cells.map((cell) => [
      cell.id,
      cell.status,
      cell.retrainings,
      isToDo(cell) ? formatDuration(secondsOf(cell, prediction)) : '',
      cell.reason ?? '',
    ]),
  );
}

/** One line for each reason why cells are skipped or broken: `skipped, needs a generator: d-trak on digits-mlp`. */
function reasonLines({ cells }: Plan): string[] {
  const groups = new Map<string, PlannedCell[]>();
  for (const cell of cells.filter(({ status }) => status === 'skipped' || status === 'broken')) {
    const why = `${cell.status}, ${cell.reason ?? 'no reason given'}`;
    groups.set(why, [...(groups.get(why) ?? []), cell]);
  }
  const names = (of: readonly string[]) => [...new Set(of)].join(', ');
  const lines = [...groups].map(
    ([why, group]) => `${why}: ${names(group.map(({ method }) => method))} on ${names(group.map(({ task }) => task))}`,
  );
  return lines.length === 0 ? [] : [lines.join('\n')];
}

function stepTable({ byKind }: Estimate): string {
  const rows = Object.entries(byKind).map(([kind, { steps, seconds }]) => [kind, steps, formatDuration(seconds)]);
  return rows.length === 0 ? '' : table(['steps', 'to do', 'takes'], rows);
}

/** One line for each reason: `12 truths, 3 models stale: tasks/nn/layers/conv2d changed`. */
function staleLines(plan: Plan): string[] {
  const lines = staleGroups(plan).map(({ reason, counts }) => {
    const counted = Object.entries(counts).map(([kind, number]) => count(number, nouns[kind as keyof typeof nouns]));
    return `${counted.join(', ')} stale: ${reason}`;
  });
  return lines.length === 0 ? [] : [lines.join('\n')];
}

function isToDo({ status }: PlannedCell): boolean {
  return status === 'missing' || status === 'stale';
}

function secondsText(cells: readonly PlannedCell[], prediction: Estimate): string {
  if (cells.length === 0) return '';
  return formatDuration(cells.reduce((sum, cell) => sum + secondsOf(cell, prediction), 0));
}

/** The statuses that cells have, with their numbers. */
function counted(cells: readonly PlannedCell[]): { readonly status: PlannedCellStatus; readonly number: number }[] {
  return statuses
    .map((status) => ({ status, number: cells.filter((cell) => cell.status === status).length }))
    .filter(({ number }) => number > 0);
}
