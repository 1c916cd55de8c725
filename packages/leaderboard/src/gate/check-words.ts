import { plural } from '@attribution-bench/contract';
import { formatInterval, formatSigned, formatValue } from '../view/format.js';
import { type Check, type CheckedRow, type CheckedTask, failingVerdicts, type Verdict } from './check.js';

/** `digits-mlp/trak lds` */
export function rowName({ task, entry, metric }: CheckedRow): string {
  return `${task}/${entry}${metric === undefined ? '' : ` ${metric}`}`;
}

/** What became of a row, in a phrase. */
export function rowMessage(row: CheckedRow): string {
  const { verdict, before, after, change, reason, warning } = row;
  const parts: string[] = [];
  if (before !== undefined && after !== undefined && change !== undefined) {
    parts.push(`${formatValue(before)} → ${formatValue(after)}, change ${changeText(row)}`);
  }
  if (verdict === 'regressed') parts.push(`worse by more than the tolerance of ${toleranceText(row)}`);
  if (verdict === 'unresolved')
    parts.push(
      `may be worse by more than the tolerance of ${toleranceText(row)}: more subsets, queries or seeds would tell`,
    );
  if (verdict === 'improved') parts.push('better than the baseline: bench accept would hold it to that');
  if (reason !== undefined) parts.push(reason);
  if (warning !== undefined) parts.push(warning);
  return parts.join('; ');
}

/** `-0.640 [-1.100, -0.200] in log-odds` */
export function changeText({ change, scale }: CheckedRow): string {
  if (change === undefined) return '';
  return `${formatSigned(change.value)} ${formatInterval(change)}${scale === 'log-odds' ? ' in log-odds' : ''}`;
}

/** `0.020`, `0.300 in log-odds`; empty where nothing was compared. */
export function toleranceText({ tolerance, scale }: CheckedRow): string {
  if (tolerance === undefined) return '';
  return `${formatValue(tolerance)}${scale === 'log-odds' ? ' in log-odds' : ''}`;
}

/** What deserves a warning: a verdict that settles nothing, or other bytes. */
export function isWarning({ verdict, warning }: CheckedRow): boolean {
  return verdict === 'unresolved' || warning !== undefined;
}

export function isFailing({ verdict }: CheckedRow): boolean {
  return failingVerdicts.has(verdict);
}

/** `failed: 2 regressed, 1 missing; 15 ok` or `passed: 18 ok, 1 new`. */
export function checkSummary({ rows, passed }: Check): string {
  const count = (verdict: Verdict) => rows.filter((row) => row.verdict === verdict).length;
  const list = (verdicts: readonly Verdict[]) =>
    verdicts.filter((verdict) => count(verdict) > 0).map((verdict) => `${count(verdict)} ${verdict}`);
  const good = list(['unresolved', 'ok', 'improved', 'new']).join(', ');
  const warnings = rows.filter(({ warning }) => warning !== undefined).length;
  return [
    passed ? `passed: ${good || 'nothing to check'}` : `failed: ${list([...failingVerdicts]).join(', ')}`,
    ...(passed || good === '' ? [] : [good]),
    ...(warnings === 0 ? [] : [plural(warnings, 'warning')]),
  ].join('; ');
}

/** What a task's numbers can be set against: `ceiling 0.902, random 0.022`. */
export function yardsticks({ ceiling, random }: CheckedTask): string {
  return [
    ...(ceiling === undefined ? [] : [`ceiling ${formatValue(ceiling)}`]),
    ...(random === undefined ? [] : [`random ${formatValue(random)}`]),
  ].join(', ');
}
