import { lettersOf } from '../statistics/tie-groups.js';
import { axisOf } from '../text/whisker.js';
import { formatInterval, formatSeconds, formatShare, formatShares, formatSigned, formatValue } from '../view/format.js';
import { declaredMark, declaredWords } from '../view/marks.js';
import { wholeSeconds } from '../view/retraining-sentence.js';
import { rankText } from '../view/standing.js';
import type { RowView, TaskView } from '../view/task-view.js';
import type { Marks } from './charts/figure.js';
import { type Html, html, minus } from './html.js';
import { metricName, metricWords } from './metric-name.js';
import { axisHeader, whiskerCell } from './whisker-cell.js';

/** A column of the board's table, shown when any row has something in it. */
export interface Column {
  readonly id: string;
  readonly title: string | Html;
  /** What it is called beside a value, where rows are cards. */
  readonly label?: string;
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
    rankColumn(metric),
    ...(all.some(({ row }) => lettersOf(row.groups ?? '').length > mostLetters) ? [] : [tieColumn]),
    valueColumn(metric),
    plotColumn(view, marks, all, index),
    toBestColumn(ranked[0]?.row.entry),
    ofCeilingColumn,
    ...otherMetrics.map(otherMetricColumn),
    costColumn,
  ];
}

/** With more letters on a row than this, what it is tied with stands behind it. */
const mostLetters = 8;

function rankColumn(metric: Metric): Column {
  return {
    id: 'rank',
    title: html`<abbr title="the ranks that a method may have: those that it is not told apart from may stand before or behind it; none below random scores">rank</abbr>`,
    kind: 'number',
    cell: (view) => rankText(view, metric)?.replace('-', '–'),
    order: ({ row }) => row.rank?.point,
  };
}

const tieColumn: Column = {
  id: 'tie',
  title: html`<abbr title="methods that share a letter are statistically tied">tie</abbr>`,
  kind: 'text',
  label: 'tie',
  cell: ({ row }) => row.groups && tieLetters(row.groups),
};

/** The name of a metric, with what it measures as its tooltip. */
function metricHeading(metric: Metric): Html {
  return html`<abbr title="${metricWords(metric)}">${metricName(metric)}</abbr>`;
}

function valueColumn(metric: Metric): Column {
  return {
    id: 'value',
    title: metricHeading(metric),
    kind: 'number',
    label: metricName(metric),
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
    label: 'to best',
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
  title: html`<abbr title="share of the noise ceiling: what a method that knows the truth would reach, given the noise of retraining">of ceiling</abbr>`,
  kind: 'number',
  label: 'of ceiling',
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
    label: metricName(other),
    cell: ({ row }) => row.metrics[other.id] && minus(formatValue(row.metrics[other.id].value)),
    order: ({ row }) => row.metrics[other.id]?.value,
    largestFirst: other.higherIsBetter,
  };
}

const costColumn: Column = {
  id: 'cost',
  title: html`<abbr title="seconds to train the models of the method, fit and score, where they are known; what they consist of stands behind each row">time</abbr>`,
  kind: 'number',
  label: 'time',
  cell: (row) => {
    const seconds = secondsOf(row);
    if (seconds === undefined || row.cost?.declared !== true)
      return seconds === undefined ? undefined : formatSeconds(seconds);
    return html`${formatSeconds(seconds)}<abbr class="declared" title="${declaredWords}"> ${declaredMark}</abbr>`;
  },
  order: secondsOf,
};

function secondsOf({ cost }: RowView): number | undefined {
  if (cost?.scoreSeconds === undefined) return undefined;
  return wholeSeconds(cost) ?? (cost.fitSeconds ?? 0) + cost.scoreSeconds;
}

/** Each letter in a column of its own, so that ties line up down the table. */
function tieLetters(groups: string): Html {
  return html`<span class="tie">${lettersOf(groups).map((letter) => html`<span style="grid-column:${column(letter)}">${letter}</span>`)}</span>`;
}

function column(letter: string): number {
  const place = letter.charCodeAt(0) - 'a'.charCodeAt(0);
  return place >= 0 && place < 26 ? place + 1 : 26;
}
