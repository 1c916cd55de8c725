import { singleLine, truncate } from '../../text/display-text.js';
import { formatValue } from '../../view/format.js';
import type { TaskView } from '../../view/task-view.js';
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
  const points = rows.flatMap(({ row, value }) =>
    (value?.growth ?? []).map((at) => ({
      entry: row.entry,
      family: row.family,
      subsets: at.subsets,
      value: at.value,
      label: `${singleLine(row.title)}: ${formatValue(at.value)} on ${at.subsets} subsets`,
    })),
  );
  const values = points.map(({ value }) => value);
  const most = Math.max(...points.map(({ subsets }) => subsets));
  const [low, high] = [Math.min(0, ...values), Math.max(...values)];
  const margin = (high - low) * 0.06;
  const domainY: [number, number] = [low - margin, high + margin];
  const perPixel = (domainY[1] - domainY[0]) / plot.height;
  const ends = rows.map(({ value }) => value?.growth?.at(-1)?.value ?? 0);
  const heights = spread(ends, lineHeight * perPixel);
  const names = rows.map(({ row }, i) => ({
    title: truncate(singleLine(row.title), 20),
    family: row.family,
    subsets: most,
    end: ends[i],
    value: heights[i],
  }));
  const domainX = [0, most / (1 - nameShare)];
  const x = {
    field: 'subsets',
    type: 'quantitative',
    scale: { domain: domainX, nice: false },
    axis: {
      title: 'subsets of the report split',
      titleAnchor: 'start',
      grid: false,
      values: [...new Set(points.map(({ subsets }) => subsets))].filter((_, i, all) => all.length < 9 || i % 2 === 1),
    },
  } as const;
  const y = {
    field: 'value',
    type: 'quantitative',
    scale: { domain: domainY, nice: false },
    axis: { title: metricName(metric), tickCount: 6 },
  } as const;
  const color = { field: 'family', type: 'nominal', scale: colorScale(marks), legend: null } as const;
  const svg = await drawChart({
    ...plot,
    description: `${metric.title} on the first subsets, more and more of them`,
    layer: [
      {
        data: { values: points },
        mark: { type: 'line', strokeWidth: 1.75, aria: false },
        encoding: { x, y, color, detail: { field: 'entry', type: 'nominal' } },
      },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 26, opacity: 1 },
        encoding: { x, y, color, description: { field: 'label', type: 'nominal' } },
      },
      {
        data: { values: names },
        mark: { type: 'text', align: 'left', baseline: 'middle', dx: 10, aria: false },
        encoding: { x, y, text: { field: 'title', type: 'nominal' } },
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
