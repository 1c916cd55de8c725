import { singleLine, truncate } from '../../text/display-text.js';
import type { RowView } from '../../view/task-view.js';
import { chartWidth, drawChart } from './chart.js';
import { colorScale, type Marks } from './figure.js';
import { spread } from './place-labels.js';

/** How many methods one chart shows, the first ones. */
export const mostLines = 10;

const plot = { width: chartWidth - 70, height: 300 };
const lineHeight = 15;
/** Share of the width that is left for names at the ends of lines. */
const nameShare = 0.34;

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
  /** Titles of the axes. */
  readonly over: string;
  readonly value: string;
}

/** Draws lines that are named at their ends, all of which lie at the same number. */
export function lineChart(lines: readonly Line[], words: LineWords, marks: Marks): Promise<string> {
  const points = lines.flatMap(({ row: { entry, family }, points: ofLine }) =>
    ofLine.map((point) => ({ entry, family, ...point })),
  );
  const domain = domainOf(points);
  const axes = axesOf(points, domain, words);
  const color = { field: 'family', type: 'nominal', scale: colorScale(marks), legend: null } as const;
  return drawChart({
    ...plot,
    description: words.description,
    layer: [
      {
        data: { values: points },
        mark: { type: 'line', strokeWidth: 1.75, aria: false },
        encoding: { ...axes, color, detail: { field: 'entry', type: 'nominal' } },
      },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 26, opacity: 1 },
        encoding: { ...axes, color, description: { field: 'label', type: 'nominal' } },
      },
      {
        data: { values: namesAtEnds(lines, domain) },
        mark: { type: 'text', align: 'left', baseline: 'middle', dx: 10, aria: false },
        encoding: { ...axes, text: { field: 'title', type: 'nominal' } },
      },
    ],
  });
}

/** What is drawn: the largest number, and what the vertical axis spans. */
interface Domain {
  readonly most: number;
  readonly y: [number, number];
}

function domainOf(points: readonly LinePoint[]): Domain {
  const values = points.map(({ value }) => value);
  const [low, high] = [Math.min(0, ...values), Math.max(...values)];
  const margin = (high - low) * 0.06;
  return { most: Math.max(...points.map(({ at }) => at)), y: [low - margin, high + margin] };
}

function axesOf(points: readonly LinePoint[], { most, y }: Domain, { over, value }: LineWords) {
  const counts = [...new Set(points.map(({ at }) => at))];
  const x: [number, number] = [0, most / (1 - nameShare)];
  return {
    x: {
      field: 'at',
      type: 'quantitative',
      scale: { domain: x, nice: false },
      axis: {
        title: over,
        titleAnchor: 'start',
        grid: false,
        values: counts.filter((_, i) => counts.length < 9 || i % 2 === 1),
      },
    },
    y: {
      field: 'value',
      type: 'quantitative',
      scale: { domain: y, nice: false },
      axis: { title: value, tickCount: 6 },
    },
  } as const;
}

/** Names of the methods at the right ends of their lines, moved apart where they would overlap. */
function namesAtEnds(lines: readonly Line[], { most, y }: Domain) {
  const ends = lines.map(({ points }) => points[points.length - 1].value);
  const heights = spread(ends, (lineHeight * (y[1] - y[0])) / plot.height);
  return lines.map(({ row }, i) => ({
    title: truncate(singleLine(row.title), 20),
    family: row.family,
    at: most,
    end: ends[i],
    value: heights[i],
  }));
}
