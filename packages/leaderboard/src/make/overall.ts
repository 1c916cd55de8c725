import type { BoardRow, BoardTaskSummary, OverallBoard, OverallRow } from '../board.js';
import { twoSidedQuantile } from '../statistics/student-t.js';
import { roundedInterval } from './board-value.js';
import { rounded } from './rounding.js';

/** Data sets from which on something is said of others: with two, Student's t reaches 13 standard errors to either side. */
const fewestDatasets = 3;

/** The part of a board that is looked at. */
interface MadeBoard {
  readonly tasks: readonly BoardTaskSummary[];
  readonly rows: readonly BoardRow[];
}

/**
 * Shares of the noise ceiling over all tasks that are ranked by the primary metric and have a ceiling and, where the
 * tasks of a kind are of enough data sets by themselves, over each kind. The data set is the random effect: tasks of one
 * data set count as one value, their mean, and the interval of a method's mean is Student's t over data sets, which holds
 * whatever tasks of one data set have in common.
 * @param level nominal coverage of the intervals
 */
export function overallBoards({ tasks, rows }: MadeBoard, primary: string, level: number): OverallBoard[] {
  const withCeiling = tasks.filter(
    ({ id, rankedBy }) =>
      rankedBy === primary &&
      rows.some(({ task, kind, metrics }) => task === id && kind === 'ceiling' && (metrics[primary]?.low ?? 0) > 0),
  );
  if (withCeiling.length < 2) return [];
  const kinds = [...new Set(withCeiling.map(({ kind }) => kind))];
  const ofKinds = kinds.map((scope) => ({ scope, members: withCeiling.filter(({ kind }) => kind === scope) }));
  const scopes = kinds.length < 2 ? [] : ofKinds.filter(({ members }) => datasetsOf(members).length >= fewestDatasets);
  return [{ scope: 'all' as const, members: withCeiling }, ...scopes].map(({ scope, members }) => ({
    scope,
    tasks: members.map(({ id }) => id),
    datasets: members.map(({ dataset }) => dataset),
    rows: overallRows(members, rows, primary, level),
  }));
}

function datasetsOf(tasks: readonly BoardTaskSummary[]): string[] {
  return [...new Set(tasks.map(({ dataset }) => dataset))];
}

function overallRows(
  tasks: readonly BoardTaskSummary[],
  rows: readonly BoardRow[],
  primary: string,
  level: number,
): OverallRow[] {
  const ranked = rows.filter(({ task, rank }) => rank !== undefined && tasks.some(({ id }) => id === task));
  const made = [...new Set(ranked.map(({ entry }) => entry))].map((entry): OverallRow => {
    const own = ranked.filter((row) => row.entry === entry);
    const shares = tasks.map(
      ({ id }) => own.find(({ task }) => task === id)?.metrics[primary]?.ofCeiling?.value ?? null,
    );
    const mean = meanOverDatasets(tasks, shares, level);
    return { entry, title: own[0].title, shares, ...(mean !== undefined && { mean }) };
  });
  const byTitle = made.sort((a, b) => (a.title < b.title ? -1 : 1));
  const withMean = byTitle.filter(({ mean }) => mean !== undefined);
  return [
    ...withMean.sort((a, b) => (b.mean?.value ?? 0) - (a.mean?.value ?? 0)),
    ...byTitle.filter(({ mean }) => mean === undefined),
  ];
}

function meanOverDatasets(
  tasks: readonly BoardTaskSummary[],
  shares: readonly (number | null)[],
  level: number,
): OverallRow['mean'] {
  const datasets = datasetsOf(tasks);
  const known = shares.flatMap((share) => share ?? []);
  if (datasets.length < fewestDatasets || known.length < shares.length) return undefined;
  const values = datasets.map((dataset) => average(known.filter((_, at) => tasks[at].dataset === dataset)));
  const value = average(values);
  const squares = values.reduce((sum, one) => sum + (one - value) ** 2, 0);
  const standardError = Math.sqrt(squares / (values.length - 1) / values.length);
  const halfWidth = twoSidedQuantile(1 - level, values.length - 1) * standardError;
  return { value: rounded(value), ...roundedInterval({ low: value - halfWidth, high: value + halfWidth }) };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
