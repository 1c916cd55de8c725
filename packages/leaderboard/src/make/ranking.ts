import type { RankInterval } from '../board.js';
import { tieGroups } from '../statistics/tie-groups.js';
import { pairs } from './pairs.js';

export interface Ranking {
  /** Items from best to worst. */
  readonly order: readonly number[];
  /** By item. */
  readonly ranks: readonly RankInterval[];
  /** Tie-group letters by item. */
  readonly groups: readonly string[];
}

/**
 * Ranks and tie groups by value, higher being better. Two items are told apart when Holm's adjusted p-value of their
 * difference is at most `familyError`: so the chance that any two equally good items are told apart is at most that, and
 * with the rest of the chance every true rank lies in its interval (Mogstad et al. 2024, Review of Economic Studies
 * 91(1)).
 * @param adjusted Holm's adjustment of the p-value of every one of the {@link pairs}
 */
export function rankItems(values: readonly number[], adjusted: readonly number[], familyError: number): Ranking {
  const size = values.length;
  const apart = Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
  pairs(size).forEach(([i, j], pair) => {
    apart[i][j] = apart[j][i] = adjusted[pair] <= familyError;
  });
  const order = values.map((_, i) => i).sort((i, j) => values[j] - values[i] || i - j);
  const ranks = values.map((value, i) => {
    const better = values.filter((other) => other > value).length;
    const surelyBetter = values.filter((other, j) => apart[i][j] && other > value).length;
    const surelyWorse = values.filter((other, j) => apart[i][j] && other < value).length;
    return { point: 1 + better, low: 1 + surelyBetter, high: size - surelyWorse };
  });
  const letters = tieGroups(size, (a, b) => apart[order[a]][order[b]]);
  const groups = new Array<string>(size);
  order.forEach((item, place) => {
    groups[item] = letters[place];
  });
  return { order, ranks, groups };
}
