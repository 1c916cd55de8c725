import type { PairedDifference } from '../board.js';
import { differenceTo } from './board-value.js';
import type { Measurement } from './measure/measurement.js';
import { pairs } from './pairs.js';

/** Two entries of a task that are told apart. */
export interface ToldApart {
  readonly pair: readonly [entry: string, other: string];
  /** The one minus the other, in units of the metric; its interval leaves out 0. */
  readonly difference: PairedDifference;
}

/**
 * The pairs that a ranking tells apart and whose interval says the same.
 * @param adjusted p-value of every one of the {@link pairs}, adjusted for their number
 * @param level nominal coverage of the intervals
 */
export function pairsToldApart(
  items: readonly { readonly name: string; readonly measurement: Measurement }[],
  adjusted: readonly number[],
  familyError: number,
  level: number,
): ToldApart[] {
  return pairs(items.length).flatMap(([i, j], pair) => {
    if (adjusted[pair] > familyError) return [];
    const difference = differenceTo(items[i].measurement, items[j].measurement, level);
    if (difference.low <= 0 && difference.high >= 0) return [];
    return [{ pair: [items[i].name, items[j].name] as const, difference }];
  });
}
