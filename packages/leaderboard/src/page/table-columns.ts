import { formatCount } from '@attribution-bench/contract';
import type { RowCost } from '../board.js';
import { lettersOf } from '../statistics/tie-groups.js';
import { axisOf } from '../text/whisker.js';
import { trainText } from '../view/cost-texts.js';
import {
  formatBytes,
  formatInterval,
  formatRank,
  formatSeconds,
  formatShare,
  formatShares,
  formatSigned,
  formatValue,
} from '../view/format.js';
import { declaredMark, declaredWords } from '../view/marks.js';
import type { RowView, TaskView } from '../view/task-view.js';
import type { Marks } from './charts/figure.js';
import { type Html, html, minus } from './html.js';
import { metricName } from './metric-name.js';
import { axisHeader, whiskerCell } from './whisker-cell.js';

/** A column of the board's table, shown when any row has something in it. */
export interface Column {
  readonly id: string;
  readonly title: string | Html;
  readonly kind: 'number' | 'text' | 'plot';
  cell(view: RowView): string | Html | undefined;
  /** What rows are sorted by; columns without it are not sorted. */
  order?(view: RowView): number | undefined;
  /** Whether the best is the largest. */
  readonly largestFirst?: boolean;
}

type Metric = NonNullable<TaskView['metric']>;

/**
 * The columns of a task's table without the one with the methods.
 * @param all every row of the table, which share one axis
 * @param index number of the task on the page, which makes ids unique
 */
export function tableColumns(view: TaskView, marks: Marks, all: readonly RowView[], index: number): Column[] {
  const { metric, otherMetrics, ranked } = view;
  if (metric === undefined) return [];
  return [
    ...standingColumns,
    valueColumn(metric),
    plotColumn(view, marks, all, index),
    toBestColumn(ranked[0]?.row.entry),
    ofCeilingColumn,
    ...otherMetrics.map(otherMetricColumn),
    ...costColumns,
  ];
}

const standingColumns: readonly Column[] = [
  {
    id: 'rank',
    title: 'rank',
    kind: 'number',
    cell: ({ row }) => row.rank && formatRank(row.rank).replace('-', '–'),
    order: ({ row }) => row.rank?.point,
  },
  {
    id: 'tie',
    title: html`<abbr title="methods that share a letter are statistically tied">tie</abbr>`,
    kind: 'text',
    cell: ({ row }) => row.groups && tieLetters(row.groups),
  },
];

/** The name of a metric, with what it measures as its tooltip. */
function metricHeading(metric: Metric): Html {
  return html`<abbr title="${metric.description ?? metric.title}">${metricName(metric)}</abbr>`;
}

function valueColumn(metric: Metric): Column {
  return {
    id: 'value',
    title: metricHeading(metric),
    kind: 'number',
    cell: ({ value }) =>
      value &&
      html`<span class="value">${minus(formatValue(value.value))}</span><span class="interval">${minus(formatInterval(value))}</span>`,
    order: ({ value }) => value?.value,
    largestFirst: metric.higherIsBetter,
  };
}

/** The values of all rows with their intervals, drawn on one axis. */
function plotColumn({ ceiling }: TaskView, marks: Marks, all: readonly RowView[], index: number): Column {
  const axis = axisOf(all.flatMap(({ value }) => value ?? []));
  const reference = ceiling?.value?.value;
  return {
    id: 'plot',
    title: html`<span class="unseen">plot</span>${axisHeader(axis, index, reference)}`,
    kind: 'plot',
    cell: ({ row, value }) =>
      value &&
      whiskerCell(
        value,
        axis,
        row.kind === 'ceiling' ? 'var(--muted)' : (marks.get(row.family)?.color ?? 'var(--ink)'),
        index,
      ),
  };
}

/** @param best entry of the row with the best value */
function toBestColumn(best: string | undefined): Column {
  return {
    id: 'to-best',
    title: html`<abbr title="difference to the best observed value, which overstates the distance on average">to best</abbr>`,
    kind: 'number',
    cell: ({ row, value }) => {
      if (value?.toBest === undefined) return row.entry === best ? html`<span class="none">best</span>` : undefined;
      return html`<span class="value">${minus(formatSigned(value.toBest.value))}</span><span class="interval">${minus(formatInterval(value.toBest))}</span>`;
    },
    order: ({ row, value }) => (row.entry === best ? 0 : value?.toBest?.value),
    largestFirst: true,
  };
}

const ofCeilingColumn: Column = {
  id: 'of-ceiling',
  title: 'of ceiling',
  kind: 'number',
  cell: ({ value }) =>
    value?.ofCeiling &&
    html`<span class="value">${minus(formatShare(value.ofCeiling.value))}</span><span class="interval">${minus(formatShares(value.ofCeiling))}</span>`,
  order: ({ value }) => value?.ofCeiling?.value,
  largestFirst: true,
};

function otherMetricColumn(other: Metric): Column {
  return {
    id: other.id,
    title: metricHeading(other),
    kind: 'number',
    cell: ({ row }) => row.metrics[other.id] && minus(formatValue(row.metrics[other.id].value)),
    order: ({ row }) => row.metrics[other.id]?.value,
    largestFirst: other.higherIsBetter,
  };
}

const costColumns: readonly Column[] = [
  costColumn('fit', 'fit', ({ fitSeconds }) => fitSeconds, formatSeconds),
  costColumn('score', 'score', ({ scoreSeconds }) => scoreSeconds, formatSeconds),
  {
    id: 'train',
    title: html`<abbr title="seconds of training the models that the method uses, and what of them other methods use too">training</abbr>`,
    kind: 'number',
    cell: ({ cost }) =>
      cost?.trainSeconds === undefined ? undefined : trainText(cost.trainSeconds, cost.sharedTrainSeconds),
    order: ({ cost }) => cost?.trainSeconds,
  },
  costColumn('memory', 'memory', ({ peakRssBytes }) => peakRssBytes, formatBytes),
  costColumn(
    'retrainings',
    html`<abbr title="models that the method uses">models</abbr>`,
    ({ retrainings }) => retrainings,
    formatCount,
  ),
];

function costColumn(
  id: string,
  title: Column['title'],
  pick: (cost: RowCost) => number | undefined,
  format: (value: number) => string,
): Column {
  const order = ({ cost }: RowView) => cost && pick(cost);
  return {
    id,
    title,
    kind: 'number',
    cell: (row) => {
      const value = order(row);
      if (value === undefined || row.cost?.declared !== true) return value === undefined ? undefined : format(value);
      return html`${format(value)}<abbr class="declared" title="${declaredWords}"> ${declaredMark}</abbr>`;
    },
    order,
  };
}

/** Each letter in a column of its own, so that ties line up down the table. */
function tieLetters(groups: string): Html {
  return html`<span class="tie">${lettersOf(groups).map((letter) => html`<span style="grid-column:${column(letter)}">${letter}</span>`)}</span>`;
}

function column(letter: string): number {
  const place = letter.charCodeAt(0) - 'a'.charCodeAt(0);
  return place >= 0 && place < 26 ? place + 1 : 26;
}
