import { singleLine } from '../../text/display-text.js';
import { formatInterval, formatSeconds, formatValue } from '../../view/format.js';
import { retrainingSentence, wholeSeconds } from '../../view/retraining-sentence.js';
import type { RowView, TaskView } from '../../view/task-view.js';
import { type Html, html, trusted } from '../html.js';
import { metricName } from '../metric-name.js';
import { type Box, drawing, drawingWidth, frame, linearScale, logScale, short, told } from './drawing.js';
import { colorOf, type Figure, type Marks, markAt } from './figure.js';
import { spanOf } from './limits.js';
import { heightFor, labelsWidth, withSideLabels } from './side-labels.js';

interface Point {
  readonly row: RowView['row'];
  readonly seconds: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly front: boolean;
  /** Whether models are trained on subsets for it. */
  readonly retrains: boolean;
}

/** Value against all seconds, training included, with the methods that none beats in both; undefined without two methods with costs. */
export function costChart(view: TaskView, marks: Marks): Figure | undefined {
  const { metric, ceiling } = view;
  if (metric === undefined || !metric.higherIsBetter) return undefined;
  const rows = [...view.ranked, ...view.controls];
  const trains = rows.some(({ cost }) => cost?.trainSeconds !== undefined);
  const points = pointsOf(rows, trains);
  if (points.length < 2) return undefined;
  const front = points.filter((point) => point.front).sort((a, b) => a.seconds - b.seconds);
  const what = trains ? 'seconds to train its models, fit and score' : 'seconds to fit and score';
  const names = front.map(({ row }) => row.title).join(', ');
  const declared = rows.some(({ cost }) => cost?.declared);
  const untold = rows.some(({ cost }) => secondsOf(cost, false) !== undefined && secondsOf(cost, trains) === undefined);
  const bought = retrainingSentence(view);
  return {
    id: 'cost',
    title: `${metricName(metric)} against cost`,
    caption:
      `Nothing is both better and cheaper than the methods in bold, on the line (${names}). Vertical bars are intervals` +
      `${ceiling === undefined ? '' : ', the dashed line is the noise ceiling'}.` +
      `${points.some(({ retrains }) => retrains) ? ' Hollow marks are methods that retrain: models are trained on subsets for them.' : ''}` +
      `${bought === undefined ? '' : ` ${bought}`}` +
      `${untold ? ' Methods of which the training is not known are left out.' : ''}` +
      `${declared ? ' Declared costs were measured elsewhere, and are left out.' : ''}`,
    svg: draw(points, front, { metric, ceiling: ceiling?.value?.value, what }, marks),
  };
}

interface Around {
  readonly metric: NonNullable<TaskView['metric']>;
  readonly ceiling: number | undefined;
  readonly what: string;
}

function draw(
  points: readonly Point[],
  front: readonly Point[],
  { metric, ceiling, what }: Around,
  marks: Marks,
): string {
  const height = heightFor(points.length, 280);
  const box: Box = { left: 42, top: 26, width: drawingWidth - 42 - labelsWidth - 14, height };
  const bottom = box.top + height;
  const seconds = points.map((point) => point.seconds);
  const span = { from: Math.min(...seconds) / 1.5, to: Math.max(...seconds) * 1.5 };
  const x = logScale(`${what} (log scale)`, span, box.left, box.left + box.width);
  const drawn = [...points.flatMap(({ low, high }) => [low, high]), ...(ceiling === undefined ? [] : [ceiling])];
  const y = linearScale(metricName(metric), spanOf(drawn, metric), bottom, box.top);
  const steps = front.map((point, i) => {
    const [px, py] = [short(x.at(point.seconds)), short(y.at(point.value))];
    return i === 0 ? `M${px} ${py}` : `H${px}V${py}`;
  });
  const labelled = points.map((point) => {
    const { row, value, low, high, retrains } = point;
    const color = colorOf(marks, row.family);
    const [px, py] = [x.at(point.seconds), y.at(value)];
    const words = `${singleLine(row.title)}: ${formatValue(value)} ${formatInterval(point)} in ${formatSeconds(point.seconds)}`;
    const bar: Html = html`<path d="M${short(px)} ${short(y.at(low))}V${short(y.at(high))}" stroke="${trusted(color)}" stroke-width="1.5" stroke-opacity=".6"/>`;
    return {
      row,
      x: px,
      y: py,
      color,
      bold: point.front,
      marks: told(words, html`${bar}${markAt(marks.get(row.family), px, py, retrains)}`),
    };
  });
  return drawing(bottom + 42, `${metric.title} against ${what}`, [
    frame(box, x, y),
    ceiling === undefined
      ? undefined
      : html`<path d="M${box.left} ${short(y.at(ceiling))}h${box.width}" stroke="var(--muted)" stroke-dasharray="4 3"/>`,
    html`<path d="${steps.join('')}" fill="none" stroke="var(--rule)" stroke-width="2"/>`,
    ...withSideLabels(labelled, box),
  ]);
}

/** Seconds of fit and score, and where `trains` of training the models too; undefined where they are not known. */
function secondsOf(cost: RowView['cost'], trains: boolean): number | undefined {
  if (trains) return wholeSeconds(cost);
  return cost?.fitSeconds === undefined || cost.scoreSeconds === undefined
    ? undefined
    : cost.fitSeconds + cost.scoreSeconds;
}

function pointsOf(rows: readonly RowView[], trains: boolean): Point[] {
  const measured = rows.flatMap(({ row, value, cost }) => {
    const known = secondsOf(cost, trains);
    if (value === undefined || known === undefined) return [];
    // A millisecond is the least a log scale shows.
    const seconds = Math.max(0.001, known);
    const { low, high } = value;
    const retrains = cost?.retrains === true;
    return [{ row, seconds, value: value.value, low, high, retrains }];
  });
  return measured.map((point) => ({
    ...point,
    front:
      point.row.kind === 'method' &&
      !measured.some(
        (other) =>
          other.value >= point.value &&
          other.seconds <= point.seconds &&
          (other.value > point.value || other.seconds < point.seconds),
      ),
  }));
}
