import type { BoardValue } from '../board.js';
import type { Axis } from '../text/whisker.js';
import { formatInterval, formatValue } from '../view/format.js';
import { type Html, html, trusted } from './html.js';

/** Multiples of a round step on an axis, at most about seven. */
function axisTicks({ from, to }: Axis): number[] {
  const step = [0.05, 0.1, 0.2, 0.25, 0.5, 1].find((candidate) => (to - from) / candidate <= 6.01) ?? to - from;
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toFixed(10)));
}

/** Share of the axis at a value, as a percentage of a length. */
function percentOn({ from, to }: Axis, value: number): string {
  return `${Number((((value - from) / (to - from)) * 100).toFixed(2))}%`;
}

/** Id of what {@link axisHeader} draws once for all cells of the table. */
function linesId(table: number): string {
  return `lines${table}`;
}

/** A dot with whiskers over the lines of the axis, as wide as what it stands in. */
export function whiskerCell(value: BoardValue, axis: Axis, color: string, table: number): Html {
  const at = (position: number) => percentOn(axis, position);
  const label = `${formatValue(value.value)}, interval ${formatInterval(value)}`;
  return html`<svg class="whisker" role="img" aria-label="${label}"><use href="#${linesId(table)}"/><g style="${trusted(`color:${color}`)}"><line class="range" x1="${at(value.low)}" x2="${at(value.high)}" y1="50%" y2="50%"/><circle class="dot" cx="${at(value.value)}" cy="50%" r="4.5"/></g></svg>`;
}

/** Labels of the axis over a column of whiskers, and the lines that the cells show: ticks, 0 and the reference. */
export function axisHeader(axis: Axis, table: number, reference: number | undefined): Html {
  const rule = (position: number, kind: string) =>
    html`<line class="${kind}" x1="${percentOn(axis, position)}" x2="${percentOn(axis, position)}" y1="0" y2="100%"/>`;
  const ticks = axisTicks(axis);
  return html`<span class="axis" aria-hidden="true">${ticks.map((tick) => html`<span style="left:${percentOn(axis, tick)}">${String(tick)}</span>`)}</span><svg class="lines" aria-hidden="true"><g id="${linesId(table)}">${ticks.map((tick) => rule(tick, tick === 0 ? 'zero' : 'tick'))}${reference === undefined ? undefined : rule(reference, 'reference')}</g></svg>`;
}
