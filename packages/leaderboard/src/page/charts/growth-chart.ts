import { singleLine, truncate } from '../../text/display-text.js';
import { formatValue } from '../../view/format.js';
import type { RowView, TaskView } from '../../view/task-view.js';
import { metricName } from '../metric-name.js';
import { chartWidth, drawChart } from './chart.js';
import { colorScale, type Figure, type Marks } from './figure.js';
import { spread } from './place-labels.js';

const plot = { width: chartWidth - 70, height: 300 };
const mostLines = 10;
const lineHeight = 15;
/** Share of the width that is left for names at the ends of lines. */
const nameShare = 0.34;

/** The value on the first subsets, more and more of them: has it settled? Undefined without such values. */
export async function growthChart(view: TaskView, marks: Marks): Promise<Figure | undefined> {
  const { metric } = view;
  const rows = [...view.ranked.slice(0, mostLines), ...view.controls].filter(
    ({ value }) => (value?.growth?.length ?? 0) > 1,
  );
  if (metric === undefined || rows.length === 0) return undefined;
  const points = rows.flatMap(pointsOf);
  const domain = domainOf(points);
  const axes = axesOf(points, domain, metricName(metric));
  const color = { field: 'family', type: 'nominal', scale: colorScale(marks), legend: null } as const;
  const svg = await drawChart({
    ...plot,
    description: `${metric.title} on the first subsets, more and more of them`,
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
        data: { values: namesAtEnds(rows, domain) },
        mark: { type: 'text', align: 'left', baseline: 'middle', dx: 10, aria: false },
        encoding: { ...axes, text: { field: 'title', type: 'nominal' } },
      },
    ],
  });
  const shown = view.ranked.length > mostLines ? `The first ${mostLines} methods are shown. ` : '';
  return {
    id: 'growth',
    title: 'Has it settled?',
    caption: `${shown}${metricName(metric)} as subsets are added: lines that are flat at the right would change little with more.`,
    svg,
  };
}

/** The value of a method on the first `subsets` subsets. */
interface Point {
  readonly entry: string;
  readonly family: string;
  readonly subsets: number;
  readonly value: number;
  readonly label: string;
}

/** What is drawn: the most subsets, and what the vertical axis spans. */
interface Domain {
  readonly most: number;
  readonly y: [number, number];
}

function pointsOf({ row, value }: RowView): Point[] {
  return (value?.growth ?? []).map((at) => ({
    entry: row.entry,
    family: row.family,
    subsets: at.subsets,
    value: at.value,
    label: `${singleLine(row.title)}: ${formatValue(at.value)} on ${at.subsets} subsets`,
  }));
}

function domainOf(points: readonly Point[]): Domain {
  const values = points.map(({ value }) => value);
  const [low, high] = [Math.min(0, ...values), Math.max(...values)];
  const margin = (high - low) * 0.06;
  return { most: Math.max(...points.map(({ subsets }) => subsets)), y: [low - margin, high + margin] };
}

function axesOf(points: readonly Point[], { most, y }: Domain, title: string) {
  const counts = [...new Set(points.map(({ subsets }) => subsets))];
  const x: [number, number] = [0, most / (1 - nameShare)];
  return {
    x: {
      field: 'subsets',
      type: 'quantitative',
      scale: { domain: x, nice: false },
      axis: {
        title: 'subsets of the report split',
        titleAnchor: 'start',
        grid: false,
        values: counts.filter((_, i) => counts.length < 9 || i % 2 === 1),
      },
    },
    y: { field: 'value', type: 'quantitative', scale: { domain: y, nice: false }, axis: { title, tickCount: 6 } },
  } as const;
}

/** Names of the methods at the right ends of their lines, moved apart where they would overlap. */
function namesAtEnds(rows: readonly RowView[], { most, y }: Domain) {
  const ends = rows.map(({ value }) => value?.growth?.at(-1)?.value ?? 0);
  const heights = spread(ends, (lineHeight * (y[1] - y[0])) / plot.height);
  return rows.map(({ row }, i) => ({
    title: truncate(singleLine(row.title), 20),
    family: row.family,
    subsets: most,
    end: ends[i],
    value: heights[i],
  }));
}
