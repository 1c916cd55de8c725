import { singleLine, truncate } from '../../text/display-text.js';
import { formatValue } from '../../view/format.js';
import type { TaskView } from '../../view/task-view.js';
import { metricName } from '../metric-name.js';
import { chartWidth, drawChart } from './chart.js';
import { colorScale, type Figure, type Marks } from './figure.js';

/** Single queries are drawn up to this many; quartiles always. */
const mostDots = 900;
const rowHeight = 25;

/** How values of single queries are spread, by method; undefined without values by query. */
export async function queryChart(view: TaskView, marks: Marks): Promise<Figure | undefined> {
  const { metric, ceiling } = view;
  const rows = [...(ceiling === undefined ? [] : [ceiling]), ...view.ranked, ...view.controls].flatMap(
    ({ row, value }) =>
      value?.perQuery === undefined || value.perQuery.length < 4 ? [] : [{ row, perQuery: value.perQuery }],
  );
  if (metric === undefined || rows.length === 0) return undefined;
  const boxes = rows.map(({ row, perQuery }, place) => {
    const sorted = [...perQuery].sort((a, b) => a - b);
    const [least, low, median, high, most] = [0, 0.25, 0.5, 0.75, 1].map((share) => quantile(sorted, share));
    const label = `${singleLine(row.title)}: median ${formatValue(median)}, middle half ${formatValue(low)} to ${formatValue(high)}`;
    return { place, family: row.family, least, low, median, high, most, label };
  });
  const count = rows.reduce((sum, { perQuery }) => sum + perQuery.length, 0);
  const dots =
    count > mostDots
      ? []
      : rows.flatMap(({ row, perQuery }, place) => perQuery.map((value) => ({ place, family: row.family, value })));
  const names = rows.map(({ row }, place) => ({ place, name: truncate(singleLine(row.title), 24) }));
  const domain = [Math.min(0, ...boxes.map(({ least }) => least)), Math.max(...boxes.map(({ most }) => most))];
  const y = { field: 'place', type: 'ordinal', axis: null } as const;
  const x = (field: string) =>
    ({
      field,
      type: 'quantitative',
      scale: { domain, nice: true },
      axis: { title: `${metricName(metric)} of a query`, tickCount: 6 },
    }) as const;
  const color = { field: 'family', type: 'nominal', scale: colorScale(marks), legend: null } as const;
  const svg = await drawChart({
    width: chartWidth - 175,
    height: rows.length * rowHeight,
    description: `${metric.title} of single queries`,
    layer: [
      {
        data: { values: names },
        mark: { type: 'text', align: 'right', baseline: 'middle', dx: -8, aria: false },
        encoding: { y, x: { value: 0 }, text: { field: 'name', type: 'nominal' } },
      },
      {
        data: { values: boxes },
        mark: { type: 'rule', strokeWidth: 1, opacity: 0.6, aria: false },
        encoding: { y, x: x('least'), x2: { field: 'most' }, color },
      },
      {
        data: { values: boxes },
        mark: { type: 'bar', height: 11, opacity: 0.32, cornerRadius: 2 },
        encoding: { y, x: x('low'), x2: { field: 'high' }, color, description: { field: 'label', type: 'nominal' } },
      },
      {
        data: { values: dots },
        mark: { type: 'tick', thickness: 1, height: 7, opacity: 0.55, aria: false },
        encoding: { y, x: x('value'), color },
      },
      {
        data: { values: boxes },
        mark: { type: 'tick', thickness: 3, height: 15, opacity: 1, aria: false },
        encoding: { y, x: x('median'), color },
      },
    ],
  });
  return {
    id: 'queries',
    title: 'Spread over queries',
    caption: `Each row: the range, the middle half and the median of the ${rows[0].perQuery.length} queries${dots.length > 0 ? '; thin marks are single queries' : ''}.`,
    svg,
  };
}

/** Linear between the neighbouring order statistics. */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
