import { singleLine } from '../../text/display-text.js';
import type { RowView } from '../../view/task-view.js';
import { type Html, html, trusted } from '../html.js';
import { type Box, drawingWidth, short, shortened, text } from './drawing.js';
import { spread } from './spread.js';

/** Room for names at the right of a box. */
export const labelsWidth = 156;
const lineHeight = 14;
const longestName = 20;

/** A mark that is named beside the box, in units of the drawing. */
interface Labelled {
  readonly row: RowView['row'];
  readonly x: number;
  readonly y: number;
  readonly color: string;
  readonly bold: boolean;
  /** What is drawn of it in the box. */
  readonly marks: Html;
}

/** Height that a box needs for the names of so many marks. */
export function heightFor(names: number, least: number): number {
  return Math.max(least, names * lineHeight);
}

/**
 * Marks with a name each at the right of the box, as high as the mark as far as names leave room, and a line that leads from
 * one to the other. No line crosses a name: names stand outside the box, and lines end before them.
 */
export function withSideLabels(all: readonly Labelled[], box: Box): Html[] {
  const right = box.left + box.width;
  const places = spread(
    all.map(({ y }) => y),
    lineHeight,
    { from: box.top + 4, to: box.top + box.height },
  );
  return all.map(({ row, x, y, color, bold, marks }, i) => {
    const place = places[i];
    const leader = html`<path d="M${short(x)} ${short(y)}L${short(right + 4)} ${short(y)}L${short(drawingWidth - labelsWidth + 2)} ${short(place)}" fill="none" stroke="${trusted(color)}" stroke-opacity=".3"/>`;
    const name = text(drawingWidth - labelsWidth + 6, place + 4, shortened(singleLine(row.title), longestName), {
      bold,
    });
    return html`<g data-family="${row.family}" data-origin="${row.origin ?? ''}" data-name="${row.title} ${row.entry}"${row.kind === 'control' ? html` class="control"` : undefined}>${leader}${marks}${name}</g>`;
  });
}
