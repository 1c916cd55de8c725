import type { BoardValue, Interval } from '../../board.js';
import type { Axis } from '../../text/whisker.js';
import { formatInterval, formatShare, formatShares, formatValue } from '../../view/format.js';
import { likeRandom, rankText } from '../../view/standing.js';
import type { RowView } from '../../view/task-view.js';
import { rowId } from '../addresses.js';
import { type Html, html, minus, trusted } from '../html.js';
import { metricName } from '../metric-name.js';
import type { MatrixColumn } from './matrix-column.js';
import { reasonOf } from './matrix-rows.js';

/** A value with its interval as a bar, which leads to its row; a quiet dash with the reason where there is none. */
export function matrixCell(cell: RowView | undefined, column: MatrixColumn): Html {
  if (cell === undefined) return html`<td class="none"></td>`;
  const { row, value } = cell;
  if (value === undefined) {
    const reason = reasonOf(row);
    return html`<td class="none"><button type="button" title="${reason}" aria-label="${reason}">–</button></td>`;
  }
  const share = column.shares ? shareOf(cell) : undefined;
  const text = minus(compact(value.value));
  const number =
    share === undefined
      ? html`${text}`
      : html`<span class="s">${minus(String(Math.round(share.value * 100)))}</span><span class="v">${text}</span>`;
  const marks = [row.kind === 'method' ? standingOf(cell, column) : ''].filter((mark) => mark !== '');
  return html`<td${marks.length === 0 ? undefined : html` class="${marks.join(' ')}"`} data-v="${String(share?.value ?? value.value)}"><a href="${column.place.page}#${rowId(row.task, row.entry)}" title="${cellWords(cell, column)}">${number}${row.kind === 'ceiling' ? undefined : bar(value, share, column.axis)}</a></td>`;
}

/** The ceiling is the whole of itself. */
function shareOf({ row, value }: RowView): BoardValue['ofCeiling'] {
  return row.kind === 'ceiling' ? { value: 1, low: 1, high: 1 } : value?.ofCeiling;
}

/** `0.510`, `1.57`, `42.5`: three digits. */
function compact(value: number): string {
  const size = Math.abs(value);
  return size < 1 || size >= 1e6 ? formatValue(value) : value.toPrecision(3);
}

function standingOf(cell: RowView, { verdict, view: { metric } }: MatrixColumn): string {
  if (verdict?.best === cell) return 'best';
  if (likeRandom(cell) || rankText(cell, metric) === undefined) return 'faint';
  return verdict?.tied.includes(cell) === true ? 'tied' : '';
}

/** `TRAK on digits-mlp: 65 % of the ceiling [60 %, 70 %], LDS 0.455 [0.420, 0.491], rank 1-3, tied with the best` */
function cellWords(cell: RowView, { view: { task, metric }, verdict }: MatrixColumn): string {
  const { row, value } = cell;
  if (metric === undefined || value === undefined) return row.title;
  const { ofCeiling } = value;
  const rank = rankText(cell, metric);
  const words = [
    ...(ofCeiling === undefined ? [] : [`${formatShare(ofCeiling.value)} of the ceiling ${formatShares(ofCeiling)}`]),
    `${metricName(metric)} ${formatValue(value.value)} ${formatInterval(value)}`,
    ...(rank === undefined ? [] : [`rank ${rank}`]),
    ...(row.kind === 'method' && likeRandom(cell) ? ['no better than Random'] : []),
    ...(verdict?.best === cell ? ['best'] : verdict?.tied.includes(cell) ? ['statistically tied with the best'] : []),
  ];
  return minus(`${row.title} on ${task.id}: ${words.join(', ')}`);
}

/** Places on the axis in percent: of the share, and of the value for readers who want that. */
function bar(value: BoardValue, share: BoardValue['ofCeiling'], axis: Axis): Html {
  const places = (name: string, { low, high, value: at }: Interval & { readonly value: number }) =>
    `--${name}l:${place(low, axis)};--${name}h:${place(high, axis)};--${name}m:${place(at, axis)}`;
  const own = places('v', value);
  return html`<i style="${trusted(share === undefined ? own : `${places('s', share)};${own}`)}"></i>`;
}

function place(value: number, { from, to }: Axis): number {
  return Math.round(Math.max(0, Math.min(1, (value - from) / (to - from))) * 100);
}
