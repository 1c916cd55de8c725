import { singleLine } from '../../text/display-text.js';
import { formatSeconds, formatValue } from '../../view/format.js';
import { retrainingSentence, wholeSeconds } from '../../view/retraining-sentence.js';
import type { RowView, TaskView } from '../../view/task-view.js';
import { metricName } from '../metric-name.js';
import { chartWidth, drawChart } from './chart.js';
import { colorScale, type Figure, type Marks, shapeScale } from './figure.js';
import { placeLabels } from './place-labels.js';

const plot = { width: chartWidth - 70, height: 300 };
/** More labels than this only hide each other; the front is always labelled. */
const mostLabels = 14;
const dash = [4, 3];
/** Keeps labels readable over lines. */
const halo = { stroke: 'var(--card)', strokeWidth: 4, strokeJoin: 'round' } as const;

interface Point {
  readonly title: string;
  readonly family: string;
  readonly seconds: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly front: boolean;
  /** Whether models are trained on subsets for it. */
  readonly retrains: boolean;
  readonly label: string;
}

/** Value against all seconds, training included, with the methods that none beats in both; undefined without two methods with costs. */
export async function costChart(view: TaskView, marks: Marks): Promise<Figure | undefined> {
  const { metric, ceiling } = view;
  if (metric === undefined || !metric.higherIsBetter) return undefined;
  const rows = [...view.ranked, ...view.controls];
  const trains = rows.some(({ cost }) => cost?.trainSeconds !== undefined);
  const points = pointsOf(rows, trains);
  if (points.length < 2) return undefined;
  const domain = domainOf(points, ceiling?.value?.value);
  const front = points.filter((point) => point.front).sort((a, b) => a.seconds - b.seconds);
  const what = trains ? 'seconds to train its models, fit and score' : 'seconds to fit and score';
  const axes = axesOf(domain, metricName(metric), what);
  const svg = await drawChart({
    ...plot,
    description: `${metric.title} against ${what}`,
    layer: [
      ...(ceiling?.value === undefined ? [] : [ceilingLayer(ceiling.value.value, axes)]),
      frontLayer(front, axes),
      ...pointLayers(points, axes, marks),
      ...labelLayers(labelsOf(points, domain), axes),
    ],
  });
  const names = front.map(({ title }) => title).join(', ');
  const declared = rows.some(({ cost }) => cost?.declared);
  const untold = rows.some(({ cost }) => secondsOf(cost, false) !== undefined && secondsOf(cost, trains) === undefined);
  const bought = retrainingSentence(view);
  return {
    id: 'cost',
    title: `${metricName(metric)} against cost`,
    caption:
      `Nothing is both better and cheaper than the methods on the line (${names}). Vertical bars are intervals` +
      `${ceiling === undefined ? '' : ', the dashed line is the noise ceiling'}.` +
      `${points.some(({ retrains }) => retrains) ? ' Hollow marks are methods that retrain: models are trained on subsets for them.' : ''}` +
      `${bought === undefined ? '' : ` ${bought}`}` +
      `${untold ? ' Methods of which the training is not known are left out.' : ''}` +
      `${declared ? ' Declared costs were measured elsewhere, and are left out.' : ''}`,
    svg,
  };
}

/** What the axes span, each as [lowest, highest]. */
interface Domain {
  readonly x: [number, number];
  readonly y: [number, number];
}

function domainOf(points: readonly Point[], ceiling = 0): Domain {
  const seconds = points.map((point) => point.seconds);
  const top = Math.max(...points.map(({ high }) => high), ceiling);
  const bottom = Math.min(0, ...points.map(({ low }) => low));
  return {
    x: [Math.min(...seconds) / 1.6, Math.max(...seconds) * 1.6],
    y: [bottom - (bottom < 0 ? 0.02 : 0), top * 1.05],
  };
}

/** A name at the place, in units of the axes, where it hides no other. */
interface Label {
  readonly title: string;
  readonly front: boolean;
  readonly seconds: number;
  readonly value: number;
}

function labelsOf(points: readonly Point[], { x, y }: Domain): Label[] {
  const spanX = Math.log(x[1] / x[0]);
  const spanY = y[1] - y[0];
  const labelled = [...points]
    .sort((a, b) => Number(b.front) - Number(a.front) || b.value - a.value)
    .filter(({ front }, i) => front || i < mostLabels);
  const places = placeLabels(
    labelled.map((point) => ({
      x: (Math.log(point.seconds / x[0]) / spanX) * plot.width,
      y: ((y[1] - point.value) / spanY) * plot.height,
      text: point.title,
    })),
    plot.width,
    plot.height,
  );
  return labelled.flatMap(({ title, front }, i) => {
    const place = places[i];
    if (place === undefined) return [];
    const seconds = x[0] * Math.exp((place.x / plot.width) * spanX);
    return [{ title, front, seconds, value: y[1] - (place.y / plot.height) * spanY }];
  });
}

type Axes = ReturnType<typeof axesOf>;

function axesOf({ x, y }: Domain, title: string, seconds: string) {
  return {
    x: {
      field: 'seconds',
      type: 'quantitative',
      scale: { type: 'log', domain: x, nice: false },
      axis: {
        title: `${seconds} (log scale)`,
        grid: false,
        format: '~g',
        tickCount: 5,
        labelOverlap: true,
      },
    },
    y: {
      field: 'value',
      type: 'quantitative',
      scale: { domain: y, nice: false },
      axis: { title, tickCount: 6 },
    },
  } as const;
}

function ceilingLayer(value: number, { y }: Axes) {
  return {
    data: { values: [{ value }] },
    mark: { type: 'rule', strokeDash: dash, stroke: 'var(--muted)', aria: false },
    encoding: { y },
  } as const;
}

function frontLayer(front: Point[], { x, y }: Axes) {
  return {
    data: { values: front },
    mark: { type: 'line', interpolate: 'step-after', stroke: 'var(--rule)', strokeWidth: 2, aria: false },
    encoding: { x, y },
  } as const;
}

/** Intervals, and on them the values. */
function pointLayers(points: Point[], { x, y }: Axes, marks: Marks) {
  const color = { field: 'family', type: 'nominal', scale: colorScale(marks), legend: null } as const;
  return [
    {
      data: { values: points },
      mark: { type: 'rule', strokeWidth: 1.5, opacity: 0.55, aria: false },
      encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
    },
    ...[...new Set(points.map(({ retrains }) => retrains))].sort().map(
      (retrains) =>
        ({
          data: { values: points.filter((point) => point.retrains === retrains) },
          mark: retrains
            ? ({ type: 'point', filled: false, fill: 'var(--card)', strokeWidth: 2, size: 70, opacity: 1 } as const)
            : ({ type: 'point', filled: true, size: 80, opacity: 1 } as const),
          encoding: {
            x,
            y,
            color,
            shape: { field: 'family', type: 'nominal', scale: shapeScale(marks), legend: null },
            description: { field: 'label', type: 'nominal' },
          },
        }) as const,
    ),
  ] as const;
}

/** Names, each over its own halo. */
function labelLayers(labels: Label[], { x, y }: Axes) {
  return [halo, {}].map(
    (outline) =>
      ({
        data: { values: labels },
        mark: {
          type: 'text',
          ...outline,
          align: 'center',
          baseline: 'middle',
          fontWeight: { expr: 'datum.front ? 600 : 400' },
          aria: false,
        },
        encoding: {
          x,
          y,
          text: { field: 'title', type: 'nominal' },
        },
      }) as const,
  );
}

/** Seconds of fit and score, and where `trains` of training the models too; undefined where they are not known. */
function secondsOf(cost: RowView['cost'], trains: boolean): number | undefined {
  if (trains) return wholeSeconds(cost);
  return cost?.fitSeconds === undefined || cost.scoreSeconds === undefined
    ? undefined
    : cost.fitSeconds + cost.scoreSeconds;
}

function pointsOf(rows: readonly RowView[], trains: boolean): Point[] {
  const measured = rows.flatMap(({ row: { title, family, kind }, value, cost }) => {
    const known = secondsOf(cost, trains);
    if (value === undefined || known === undefined) return [];
    // A millisecond is the least a log scale shows.
    const seconds = Math.max(0.001, known);
    const { low, high } = value;
    const retrains = cost?.retrains === true;
    return [{ title: singleLine(title), family, seconds, value: value.value, low, high, kind, retrains }];
  });
  return measured.map(({ kind, ...point }) => ({
    ...point,
    front:
      kind === 'method' &&
      !measured.some(
        (other) =>
          other.value >= point.value &&
          other.seconds <= point.seconds &&
          (other.value > point.value || other.seconds < point.seconds),
      ),
    label: `${point.title}: ${formatValue(point.value)} in ${formatSeconds(point.seconds)}`,
  }));
}
