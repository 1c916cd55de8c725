import { singleLine } from '../../text/display-text.js';
import { formatValue } from '../../view/format.js';
import type { RowView, TaskView } from '../../view/task-view.js';
import { type Html, html, trusted } from '../html.js';
import { metricName } from '../metric-name.js';
import {
  type Box,
  drawing,
  drawingWidth,
  linearScale,
  type Scale,
  short,
  shortened,
  text,
  told,
  xAxis,
} from './drawing.js';
import { colorOf, type Figure, type Marks } from './figure.js';
import { limitsOf } from './limits.js';

/** Single queries are drawn up to this many; quartiles always. */
const mostDots = 900;
const rowHeight = 22;
const namesWidth = 150;
const longestName = 20;

interface Spread {
  readonly row: RowView['row'];
  readonly perQuery: readonly number[];
}

/** How values of single queries are spread, by method; undefined without values by query. */
export function queryChart(view: TaskView, marks: Marks): Figure | undefined {
  const { metric, ceiling } = view;
  const rows = [...(ceiling === undefined ? [] : [ceiling]), ...view.ranked, ...view.controls].flatMap(
    ({ row, value }): Spread[] =>
      value?.perQuery === undefined || value.perQuery.length < 4 ? [] : [{ row, perQuery: value.perQuery }],
  );
  if (metric === undefined || rows.length === 0) return undefined;
  const all = rows.flatMap(({ perQuery }) => [...perQuery]);
  const dots = all.length <= mostDots;
  const box: Box = { left: namesWidth, top: 4, width: drawingWidth - namesWidth - 12, height: rows.length * rowHeight };
  const limits = limitsOf(metric);
  const span = { from: Math.max(limits.from, Math.min(0, ...all)), to: Math.min(limits.to, Math.max(0, ...all)) };
  const x = linearScale(`${metricName(metric)} of a query`, span, box.left, box.left + box.width);
  const grid = x.ticks.map(
    (tick) => html`<path d="M${short(x.at(tick))} ${box.top}v${box.height}" stroke="var(--hairline)"/>`,
  );
  const lines = rows.map((row, i) =>
    spreadOf(row, box.top + (i + 0.5) * rowHeight, x, colorOf(marks, row.row.family), dots),
  );
  return {
    id: 'queries',
    title: 'Spread over queries',
    caption: `Each row: the range, the middle half and the median of the ${rows[0].perQuery.length} queries${dots ? '; thin marks are single queries' : ''}.`,
    svg: drawing(box.top + box.height + 42, `${metric.title} of single queries`, [...grid, xAxis(box, x), ...lines]),
  };
}

function spreadOf({ row, perQuery }: Spread, middle: number, x: Scale, color: string, dots: boolean): Html {
  const sorted = [...perQuery].sort((a, b) => a - b);
  const [least, low, median, high, most] = [0, 0.25, 0.5, 0.75, 1].map((share) => quantile(sorted, share));
  const words = `${singleLine(row.title)}: median ${formatValue(median)}, middle half ${formatValue(low)} to ${formatValue(high)}`;
  const y = short(middle);
  const single = dots ? perQuery.map((value) => `M${short(x.at(value))} ${short(middle - 3)}v6`).join('') : '';
  const marks = html`<path d="M${short(x.at(least))} ${y}H${short(x.at(most))}" stroke-opacity=".5"/><path d="M${short(x.at(low))} ${y}H${short(x.at(high))}" stroke-width="10" stroke-opacity=".3"/>${single === '' ? undefined : html`<path d="${single}" stroke-opacity=".5"/>`}<path d="M${short(x.at(median))} ${short(middle - 7)}v14" stroke-width="3"/>`;
  return html`<g data-family="${row.family}" data-origin="${row.origin ?? ''}" data-name="${row.title} ${row.entry}" class="${row.kind}" stroke="${trusted(color)}">${told(words, marks)}<g stroke="none">${text(namesWidth - 8, middle + 4, shortened(singleLine(row.title), longestName), { anchor: 'end' })}</g></g>`;
}

/** Linear between the neighbouring order statistics. */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
