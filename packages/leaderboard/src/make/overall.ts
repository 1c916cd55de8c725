import type { TaskKind } from '@attribution-bench/contract';
import type { OverallBoard, OverallRow } from '../board.js';
import { holm } from '../statistics/holm.js';
import { pairs } from './pairs.js';
import { rankItems } from './ranking.js';
import { rounded } from './rounding.js';

/** What mean ranks need to know of a task. */
export interface RankedTask {
  readonly id: string;
  readonly kind: TaskKind;
  /** Id of the metric it is ranked by. */
  readonly rankedBy?: string;
  /** Methods with a value of that metric; higher is better. */
  readonly ranked: readonly { readonly entry: string; readonly title: string; readonly value: number }[];
  /** p-value of the paired difference of each pair of `ranked`, in the order of `pairs`. */
  readonly pValues: readonly number[];
  readonly unranked: readonly string[];
}

/**
 * Mean ranks over all tasks that are ranked by the primary metric and, where they are of several kinds, over each kind. Only methods that are complete
 * on every one of the tasks take part, and they are ranked among themselves. The interval of a mean rank is the mean of
 * the ends of the rank intervals, whose tests are adjusted over all tasks together: with probability 1 - `familyError`
 * every true mean rank lies in its interval.
 */
export function overallBoards(all: readonly RankedTask[], primary: string, familyError: number): OverallBoard[] {
  const tasks = all.filter(({ rankedBy, ranked }) => rankedBy === primary && ranked.length > 0);
  const kinds = [...new Set(tasks.map(({ kind }) => kind))];
  const scopes: OverallBoard['scope'][] = kinds.length > 1 ? ['all', ...kinds] : ['all'];
  return scopes.flatMap((scope) => {
    const members = tasks.filter(({ kind }) => scope === 'all' || kind === scope);
    return members.length < 2 ? [] : [overallBoard(scope, members, familyError)];
  });
}

function overallBoard(scope: OverallBoard['scope'], tasks: readonly RankedTask[], familyError: number): OverallBoard {
  const names = [
    ...new Set(tasks.flatMap(({ ranked, unranked }) => [...ranked.map(({ entry }) => entry), ...unranked])),
  ];
  const missing = (name: string) =>
    tasks.filter(({ ranked }) => !ranked.some((method) => method.entry === name)).map(({ id }) => id);
  const included = names.filter((name) => missing(name).length === 0);
  const kept = pairs(included.length);
  const pValues = tasks.flatMap((task) => {
    const at = included.map((name) => task.ranked.findIndex((method) => method.entry === name));
    return kept.map(([i, j]) => pValueOf(task, at[i], at[j]));
  });
  const adjusted = holm(pValues);
  const rankings = tasks.map((task, t) => {
    const values = included.map((name) => task.ranked.find((method) => method.entry === name)?.value ?? Number.NaN);
    return rankItems(values, adjusted.slice(t * kept.length, (t + 1) * kept.length), familyError).ranks;
  });
  const rows = included.map((name, i): OverallRow => {
    const ranks = rankings.map((ranking) => ranking[i]);
    const mean = (pick: (rank: (typeof ranks)[number]) => number) =>
      rounded(ranks.reduce((sum, rank) => sum + pick(rank), 0) / ranks.length);
    return {
      entry: name,
      title: tasks[0].ranked.find((method) => method.entry === name)?.title ?? name,
      meanRank: mean(({ point }) => point),
      low: mean(({ low }) => low),
      high: mean(({ high }) => high),
      ranks,
    };
  });
  return {
    scope,
    tasks: tasks.map(({ id }) => id),
    rows: rows.sort((a, b) => a.meanRank - b.meanRank || (a.entry < b.entry ? -1 : 1)),
    excluded: names
      .filter((name) => !included.includes(name))
      .sort()
      .map((name) => ({ entry: name, tasks: missing(name) })),
  };
}

function pValueOf({ ranked, pValues }: RankedTask, a: number, b: number): number {
  const [i, j] = a < b ? [a, b] : [b, a];
  return pValues[pairs(ranked.length).findIndex(([x, y]) => x === i && y === j)];
}
