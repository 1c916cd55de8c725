import type { BoardMetric } from '../../board-input.js';
import { singleLine } from '../../text/display-text.js';
import { formatInterval, formatValue } from '../../view/format.js';
import type { TaskView } from '../../view/task-view.js';
import { metricName } from '../metric-name.js';
import type { Figure, Marks } from './figure.js';
import { lineChart, mostLines } from './line-chart.js';

/** What a metric has at several numbers of points; undefined where that is one number only, or none. */
export function curveChart(view: TaskView, metric: BoardMetric, marks: Marks): Figure | undefined {
  const over = metric.curve && singleLine(metric.curve.over);
  const lines = [...view.ranked.slice(0, mostLines), ...view.controls].flatMap(({ row }) => {
    const { points = [], values = [], low = [], high = [] } = row.metrics[metric.id]?.curve ?? {};
    const ofLine = points.map((at, step) => ({
      at,
      value: values[step],
      label: `${singleLine(row.title)}: ${formatValue(values[step])} ${formatInterval({ low: low[step], high: high[step] })} at ${at} ${over}`,
    }));
    return ofLine.length > 1 ? [{ row, points: ofLine }] : [];
  });
  if (over === undefined || lines.length === 0) return undefined;
  const words = { description: `${metric.title} by ${over}`, over, metric };
  const shown = view.ranked.length > mostLines ? `The first ${mostLines} methods are shown. ` : '';
  return {
    id: `curve-${metric.id}`,
    title: metric.title,
    caption: `${shown}${metricName(metric)} at each number of ${over}; the value in the table sums it up.`,
    svg: lineChart(lines, words, marks),
  };
}
