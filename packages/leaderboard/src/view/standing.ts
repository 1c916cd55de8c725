import type { BoardMetric } from '../board-input.js';
import { lettersOf } from '../statistics/tie-groups.js';
import { formatRank } from './format.js';
import type { RowView, TaskView } from './task-view.js';

/** Who leads a task, and whether that is settled. */
export interface Verdict {
  readonly best: RowView;
  /** Other ranked rows that are not told apart from it, best first. */
  readonly tied: readonly RowView[];
  /** How many other rows have a rank. */
  readonly others: number;
}

/** The best row with those that it is tied with; undefined where nothing is told apart from random scores. */
export function verdictOf({ ranked, metric }: TaskView): Verdict | undefined {
  const [best, ...others] = ranked.filter((view) => !worseThanRandom(view, metric));
  if (best?.value === undefined || [best, ...others].every(likeRandom)) return undefined;
  return { best, tied: others.filter((other) => tiedWith(best, other)), others: others.length };
}

/** Whether two ranked rows are not told apart. */
export function tiedWith(one: RowView, other: RowView): boolean {
  const letters = lettersOf(one.row.groups ?? '');
  return lettersOf(other.row.groups ?? '').some((letter) => letters.includes(letter));
}

/** Whether the interval of the difference to random scores holds 0. */
export function likeRandom({ value }: RowView): boolean {
  const difference = value?.toRandom;
  return difference !== undefined && difference.low <= 0 && difference.high >= 0;
}

/** Whether the value of a row is worse than that of random scores. */
function worseThanRandom({ value }: RowView, metric: BoardMetric | undefined): boolean {
  const difference = value?.toRandom?.value ?? 0;
  return metric?.higherIsBetter === false ? difference > 0 : difference < 0;
}

/** The ranks that a row may have, `1-4`; undefined for rows without any, and for those that are worse than random scores. */
export function rankText(view: RowView, metric: BoardMetric | undefined): string | undefined {
  return view.row.rank === undefined || worseThanRandom(view, metric) ? undefined : formatRank(view.row.rank);
}
