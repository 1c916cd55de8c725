import type { BoardMetric } from '../../board-input.js';
import type { RowView } from '../../view/task-view.js';
import { html, trusted } from '../html.js';
import { metricName } from '../metric-name.js';
import { type Box, drawing, drawingWidth, frame, linearScale, short, told } from './drawing.js';
import { colorOf, type Marks } from './figure.js';
import { spanOf } from './limits.js';
import { heightFor, labelsWidth, withSideLabels } from './side-labels.js';

/** How many methods one chart shows, the first ones. */
export const mostLines = 10;

/** The line of a method, by a number that grows from point to point. */
export interface Line extends Pick<RowView, 'row'> {
  /** At least one. */
  readonly points: readonly LinePoint[];
}

export interface LinePoint {
  readonly at: number;
  readonly value: number;
  readonly label: string;
}

/** What stands beside the lines. */
export interface LineWords {
  readonly description: string;
  /** What the numbers count. */
  readonly over: string;
  readonly metric: BoardMetric;
}

/** Draws lines that are named at their ends, all of which lie at the same number. */
export function lineChart(lines: readonly Line[], { description, over, metric }: LineWords, marks: Marks): string {
  const all = lines.flatMap(({ points }) => points);
  const height = heightFor(lines.length, 260);
  const box: Box = { left: 42, top: 26, width: drawingWidth - 42 - labelsWidth - 14, height };
  const bottom = box.top + height;
  const most = Math.max(...all.map(({ at }) => at));
  const x = linearScale(over, { from: 0, to: most }, box.left, box.left + box.width);
  const span = spanOf(
    all.map(({ value }) => value),
    metric,
  );
  const y = linearScale(metricName(metric), span, bottom, box.top);
  const labelled = lines.map(({ row, points }) => {
    const color = colorOf(marks, row.family);
    const line = points.map(({ at, value }, i) => `${i === 0 ? 'M' : 'L'}${short(x.at(at))} ${short(y.at(value))}`);
    const dots = points.map(({ at, value, label }) =>
      told(label, html`<circle cx="${short(x.at(at))}" cy="${short(y.at(value))}" r="2.6" fill="${trusted(color)}"/>`),
    );
    const [last] = points.slice(-1);
    return {
      row,
      x: x.at(last.at),
      y: y.at(last.value),
      color,
      bold: false,
      marks: html`<path d="${line.join('')}" fill="none" stroke="${trusted(color)}" stroke-width="1.7"/>${dots}`,
    };
  });
  return drawing(bottom + 42, description, [frame(box, x, y), ...withSideLabels(labelled, box)]);
}
