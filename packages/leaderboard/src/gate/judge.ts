import { holm } from '../statistics/holm.js';
import type { CheckedRow, Verdict } from './check.js';
import type { ComparedRow } from './compare-row.js';

/**
 * Verdicts on rows whose change was measured. All rows that moved are judged together: where none of them is worse by more
 * than its tolerance, the probability that any regresses is at most `falseAlarm` (Holm).
 */
export function judged(rows: readonly (CheckedRow | ComparedRow)[], falseAlarm: number): CheckedRow[] {
  const moved = rows.flatMap((row) => ('measured' in row && row.measured.moved ? [row] : []));
  const adjusted = holm(moved.map(({ measured }) => measured.chance));
  const standOut = new Set<unknown>(moved.filter((_, i) => adjusted[i] <= falseAlarm));
  return rows.map((row) => {
    if (!('measured' in row)) return row;
    const { measured, ...rest } = row;
    const { tolerance, worst, best, unseenNoise } = measured;
    const verdict = (name: Verdict, more?: string): CheckedRow => {
      const reason = [rest.reason, more].filter((text) => text !== undefined).join('; ');
      return { ...rest, verdict: name, ...(reason === '' ? {} : { reason }) };
    };
    if (worst > tolerance) return unseenNoise === undefined ? verdict('improved') : verdict('ok', unseenNoise);
    if (worst >= -tolerance) return verdict('ok');
    if (best >= -tolerance) return verdict('unresolved');
    if (unseenNoise !== undefined) return verdict('unresolved', unseenNoise);
    if (standOut.has(row)) return verdict('regressed');
    return verdict('unresolved', `among ${moved.length} rows that moved, one that moved so far can be chance`);
  });
}
