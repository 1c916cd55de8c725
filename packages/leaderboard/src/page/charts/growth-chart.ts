import { singleLine } from '../../text/display-text.js';
import { formatValue } from '../../view/format.js';
import type { TaskView } from '../../view/task-view.js';
import { metricName } from '../metric-name.js';
import type { Figure, Marks } from './figure.js';
import { lineChart, mostLines } from './line-chart.js';

/** The value on the first subsets, more and more of them; undefined without such values. */
export function growthChart(view: TaskView, marks: Marks): Figure | undefined {
  const { metric } = view;
  const lines = [...view.ranked.slice(0, mostLines), ...view.controls].flatMap(({ row, value }) => {
    const points = (value?.growth ?? []).map((at) => ({
      at: at.subsets,
      value: at.value,
      label: `${singleLine(row.title)}: ${formatValue(at.value)} on ${at.subsets} subsets`,
    }));
    return points.length > 1 ? [{ row, points }] : [];
  });
  if (metric === undefined || lines.length === 0) return undefined;
  const words = {
    description: `${metric.title} on the first subsets, more and more of them`,
    over: 'subsets of the report split',
    metric,
  };
  const svg = lineChart(lines, words, marks);
  const shown = view.ranked.length > mostLines ? `The first ${mostLines} methods are shown. ` : '';
  return {
    id: 'growth',
    title: `${metricName(metric)} as subsets grow`,
    caption: `${shown}${metricName(metric)} as subsets are added: lines that are flat at the right would change little with more.`,
    svg,
  };
}
