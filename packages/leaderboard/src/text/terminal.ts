import type { Board, BoardCosts, CounterfactualBoard, OverallBoard } from '../board.js';
import type { BoardDiagnostic } from '../board-input.js';
import { costTexts } from '../view/cost-texts.js';
import {
  counterfactualSentence,
  counterfactualTitle,
  flipsSentence,
  flipWords,
} from '../view/counterfactual-sentences.js';
import { foreignNote } from '../view/foreign-sentences.js';
import {
  formatInterval,
  formatRank,
  formatShare,
  formatShares,
  formatSigned,
  formatValue,
  withUnit,
} from '../view/format.js';
import { declaredMark, declaredWords, externalWords } from '../view/marks.js';
import { overallSentence, overallTitle } from '../view/overall-sentences.js';
import { retrainingSentence } from '../view/retraining-sentence.js';
import {
  betterWord,
  ceilingSentence,
  choiceSentence,
  diagnosticGroups,
  measuredSentence,
  methodNotes,
  modelSentence,
  notComputed,
  reachedSentences,
  statisticsSentence,
  undefinedSentence,
} from '../view/sentences.js';
import { settlingSentence } from '../view/settling-sentence.js';
import { rankText } from '../view/standing.js';
import { type RowView, type TaskView, taskViews } from '../view/task-view.js';
import { displayWidth, padEnd, padStart, singleLine, truncate, wrap } from './display-text.js';
import { type Axis, axisLabel, axisOf, whisker } from './whisker.js';

export interface TerminalOptions {
  /** Columns of the terminal; below 60 lines run over. */
  readonly width: number;
  readonly color: boolean;
}

/** A board as tables for a terminal: more columns, and intervals drawn, as the width allows. */
export function renderTerminal(board: Board, costs: BoardCosts | undefined, options: TerminalOptions): string {
  const paint = painter(options.color);
  const tasks = taskViews(board, costs).map((view) => taskTable(view, board, options.width, paint));
  const overall = board.overall.map((over) => overallTable(over, board.statistics.ci, options.width, paint));
  const counterfactuals = (board.counterfactuals ?? []).map((of) =>
    counterfactualTable(of, board, options.width, paint),
  );
  const closing = wrap(statisticsSentence(board), options.width).map(paint.dim);
  return `${[...tasks, ...overall, ...counterfactuals, closing].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

interface Paint {
  bold(text: string): string;
  dim(text: string): string;
}

function painter(color: boolean): Paint {
  const style = (code: number, end: number) => (text: string) =>
    color ? `\u001b[${code}m${text}\u001b[${end}m` : text;
  return { bold: style(1, 22), dim: style(2, 22) };
}

interface Column {
  readonly header: string;
  readonly align: 'left' | 'right';
  readonly width: number;
  cell(view: RowView): string;
}

const gap = '  ';
const narrowestPlot = 16;
const widestPlot = 48;

function taskTable(view: TaskView, board: Board, width: number, paint: Paint): string[] {
  const { task, metric, ceiling, ranked, controls } = view;
  const heading = [
    paint.bold(singleLine(task.id)),
    ...wrap(singleLine(measuredSentence(task, metric)), width),
    ...wrap(singleLine(modelSentence(task)), width).map(paint.dim),
    ...(metric === undefined ? [] : ['']),
  ];
  const { columns, hidden } = columnsOf(view, board, width);
  const line = (row: RowView) => joinCells(columns, (column) => column.cell(row));
  const rule = '─'.repeat(Math.min(width, displayWidth(joinCells(columns, ({ header }) => header, false))));
  const isTop = ({ row }: RowView) => row.groups?.includes('a') === true;
  const table =
    metric === undefined
      ? []
      : [
          paint.dim(joinCells(columns, ({ header }) => header)),
          ...(ceiling === undefined ? [] : [paint.dim(line(ceiling))]),
          paint.dim(rule),
          ...ranked.map((row) => (isTop(row) ? paint.bold(line(row)) : line(row))),
          ...(controls.length === 0 ? [] : [paint.dim(rule), ...controls.map(line).map(paint.dim)]),
        ];
  const notes = [
    hiddenSentence(hidden, width),
    marksSentence(view),
    choiceSentence(view, board.selection?.budget),
    settlingSentence(view),
    ...reachedSentences(view),
    undefinedSentence(view),
    methodNotes(view),
    ceilingSentence(view),
    retrainingSentence(view),
    foreignNote(task),
  ].flatMap((note) => (note === undefined ? [] : wrap(singleLine(note), width).map(paint.dim)));
  return [
    ...heading,
    ...table,
    ...unrankedLines(view, width),
    ...diagnosticsLines(task.diagnostics ?? [], width),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ];
}

function joinCells(columns: readonly Column[], text: (column: Column) => string, trim = true): string {
  const joined = columns
    .map((column) => (column.align === 'left' ? padEnd : padStart)(text(column), column.width))
    .join(gap);
  return trim ? joined.trimEnd() : joined;
}

interface FittingColumns {
  readonly columns: readonly Column[];
  /** Headers of those that there is no room for. */
  readonly hidden: readonly string[];
}

/** The columns that fit: the first ones always, the others while there is room, in this order. */
function columnsOf(view: TaskView, board: Board, width: number): FittingColumns {
  const { metric, otherMetrics } = view;
  if (metric === undefined) return { columns: [], hidden: [] };
  const rows = [...(view.ceiling === undefined ? [] : [view.ceiling]), ...view.ranked, ...view.controls];
  const column = (
    header: string,
    align: Column['align'],
    cell: Column['cell'],
    most = Number.POSITIVE_INFINITY,
  ): Column => ({
    header,
    align,
    width: Math.min(most, Math.max(displayWidth(header), ...rows.map((row) => displayWidth(cell(row))))),
    cell: (row) => truncate(cell(row), most),
  });
  const percent = Number((board.statistics.ci * 100).toPrecision(3));
  const rank = column('rank', 'right', (row) => rankText(row, metric) ?? '');
  const tie = column('tie', 'left', ({ row }) => row.groups ?? '', 8);
  const method = column('method', 'left', ({ row }) => markedTitle(row), Math.min(34, Math.max(10, width - 56)));
  const value = column(withUnit(metric.id, metric.unit), 'right', (row) =>
    row.value === undefined ? '' : formatValue(row.value.value),
  );
  const interval = column(`${percent} % interval`, 'left', (row) =>
    row.value === undefined ? '' : formatInterval(row.value),
  );
  const toBest = column('to best', 'right', (row) =>
    row.value?.toBest === undefined ? '' : formatSigned(row.value.toBest.value),
  );
  const costs = ({ cost }: RowView) => costTexts(cost, ` ${declaredMark}`);
  const seconds = column('fit+score', 'right', (row) => costs(row).fitAndScore ?? '');
  const training = column('training', 'right', (row) => costs(row).train ?? '');
  const ofCeiling = column('of ceiling', 'right', (row) =>
    row.value?.ofCeiling === undefined
      ? ''
      : `${formatShare(row.value.ofCeiling.value)} ${formatShares(row.value.ofCeiling)}`,
  );
  const memory = column('memory', 'right', (row) => costs(row).memory ?? '');
  const retrainings = column('models', 'right', (row) => costs(row).models ?? '');
  const others = otherMetrics.map(({ id, unit }) =>
    column(withUnit(id, unit), 'right', ({ row }) =>
      row.metrics[id] === undefined ? '' : formatValue(row.metrics[id].value),
    ),
  );
  const shown = new Set([rank, tie, method, value, interval]);
  const taken = () => [...shown].reduce((sum, { width: own }) => sum + own + gap.length, -gap.length);
  const plotRoom = gap.length + narrowestPlot;
  const wanted = [toBest, seconds, ...others, ofCeiling, training, memory, retrainings].filter((candidate) =>
    rows.some((row) => candidate.cell(row) !== ''),
  );
  const first = new Set([toBest, seconds, ...others]);
  wanted.forEach((candidate) => {
    const reserve = first.has(candidate) || width < 100 ? 0 : plotRoom;
    if (taken() + gap.length + candidate.width + reserve <= width) shown.add(candidate);
  });
  const room = Math.min(widestPlot, width - taken() - gap.length);
  const ordered = [
    rank,
    tie,
    method,
    value,
    interval,
    toBest,
    ofCeiling,
    ...others,
    seconds,
    training,
    memory,
    retrainings,
  ];
  const columns = ordered.filter((candidate) => shown.has(candidate));
  if (room >= narrowestPlot) columns.splice(columns.indexOf(interval) + 1, 0, plotColumn(rows, room, view.ceiling));
  return { columns, hidden: wanted.filter((candidate) => !shown.has(candidate)).map(({ header }) => header) };
}

function hiddenSentence(hidden: readonly string[], width: number): string | undefined {
  if (hidden.length === 0) return undefined;
  return `Hidden at ${width} columns: ${hidden.join(', ')}; a wider terminal and board.md have them.`;
}

function plotColumn(rows: readonly RowView[], width: number, ceiling: RowView | undefined): Column {
  const axis: Axis = axisOf(rows.flatMap(({ value }) => value ?? []));
  return {
    header: axisLabel(axis, width),
    align: 'left',
    width,
    cell: ({ value }) => (value === undefined ? '' : whisker(value, axis, width, ceiling?.value?.value)),
  };
}

function markedTitle(row: RowView['row']): string {
  return `${singleLine(row.title)}${row.origin === 'adapted' ? ' †' : ''}${row.origin === 'external' ? ' ‡' : ''}${row.global ? ' °' : ''}`;
}

function marksSentence({ ranked, controls }: TaskView): string | undefined {
  const views = [...ranked, ...controls];
  const rows = views.map(({ row }) => row);
  const reasons = rows.flatMap(({ title, adaptation }) =>
    adaptation === undefined ? [] : [`${title}: ${adaptation}`],
  );
  const why = reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
  const marks = [
    ...(rows.some(({ origin }) => origin === 'external') ? [`‡ ${externalWords}`] : []),
    ...(rows.some(({ origin }) => origin === 'adapted') ? [`† adapted: not the setting its paper has${why}`] : []),
    ...(views.some(({ cost }) => cost?.declared) ? [`${declaredMark} ${declaredWords}`] : []),
    ...(rows.some(({ global }) => global) ? ['° one score per training point, the same for every query'] : []),
  ];
  return marks.length === 0 ? undefined : `${marks.join('; ')}.`;
}

function unrankedLines({ unranked }: TaskView, width: number): string[] {
  if (unranked.length === 0) return [];
  const names = unranked.map(({ row }) => truncate(singleLine(row.title), 24));
  const column = Math.max(...names.map(displayWidth));
  const lines = unranked.flatMap(({ row }, i) => {
    const reason = row.reason === undefined || row.reason === row.status ? row.status : `${row.status}: ${row.reason}`;
    const name = `  ${padEnd(names[i], column)}${gap}`;
    return wrap(singleLine(reason), Math.max(20, width - displayWidth(name))).map(
      (line, at) => (at === 0 ? name : ' '.repeat(displayWidth(name))) + line,
    );
  });
  return ['', 'not ranked', ...lines];
}

/** What the generated queries are like beside training and held-out points. */
function diagnosticsLines(diagnostics: readonly BoardDiagnostic[], width: number): string[] {
  if (diagnostics.length === 0) return [];
  const values = diagnostics.map(({ value }) => (value === undefined ? '-' : formatValue(value)));
  const column = Math.max(...values.map(displayWidth));
  const lineOf = ({ title, better, value, note }: BoardDiagnostic): string[] => {
    const shown = value === undefined ? '-' : formatValue(value);
    const first = truncate(`  ${padStart(shown, column)}${gap}${singleLine(title)} (${betterWord[better]})`, width);
    if (note === undefined) return [first];
    const indent = ' '.repeat(column + 6);
    const words = singleLine(value === undefined ? notComputed(note) : note);
    return [first, ...wrap(words, Math.max(20, width - indent.length)).map((line) => indent + line)];
  };
  const lines = Object.entries(diagnosticGroups).flatMap(([group, title]) => {
    const own = diagnostics.filter((diagnostic) => diagnostic.group === group);
    return own.length === 0 ? [] : [`  ${title}`, ...own.flatMap(lineOf).map((line) => `  ${line}`)];
  });
  return ['', 'what was generated, beside training points and held-out queries, in pixels', ...lines];
}

function overallTable(overall: OverallBoard, level: number, width: number, paint: Paint): string[] {
  const { tasks, rows } = overall;
  const withMeans = rows.some(({ mean }) => mean !== undefined);
  const name = Math.max(6, ...rows.map(({ title }) => Math.min(34, width - 36, displayWidth(singleLine(title)))));
  const columns = tasks.map((task) => Math.max(5, displayWidth(singleLine(task))));
  const cells = (title: string, mean: readonly string[], shares: readonly string[]) =>
    [
      padEnd(truncate(singleLine(title), name), name),
      ...(withMeans ? [padStart(mean[0] ?? '', 5), padEnd(mean[1] ?? '', 14)] : []),
      ...shares.map((share, at) => padStart(singleLine(share), columns[at])),
    ].join(gap);
  const lines = rows.map(({ title, shares, mean }) =>
    cells(
      title,
      mean === undefined ? [] : [formatShare(mean.value), formatShares(mean)],
      shares.map((share) => (share === null ? '-' : formatShare(share))),
    ),
  );
  return [
    paint.bold(singleLine(overallTitle(overall))),
    ...wrap(singleLine(overallSentence(overall, level)), width),
    '',
    paint.dim(truncate(cells('method', ['mean', 'interval'], tasks).trimEnd(), width)),
    ...lines.map((line) => truncate(line.trimEnd(), width)),
  ];
}

function counterfactualTable(of: CounterfactualBoard, board: Board, width: number, paint: Paint): string[] {
  const { tasks, rows, flips } = of;
  const name = Math.max(6, ...rows.map(({ title }) => Math.min(34, width - 36, displayWidth(singleLine(title)))));
  const columns = tasks.map((task) => Math.max(5, displayWidth(singleLine(task))));
  const cells = (title: string, ranks: readonly string[]) =>
    truncate(
      [
        padEnd(truncate(singleLine(title), name), name),
        ...ranks.map((rank, at) => padStart(singleLine(rank), columns[at])),
      ].join(gap),
      width,
    );
  const flipped = flips.flatMap((flip) =>
    wrap(singleLine(flipWords(flip, of, board)), Math.max(20, width - 2)).map(
      (line, at) => `${at === 0 ? '- ' : '  '}${line}`,
    ),
  );
  return [
    ...wrap(singleLine(counterfactualTitle(of)), width).map(paint.bold),
    ...wrap(singleLine(counterfactualSentence(of, board)), width),
    '',
    paint.dim(cells('method', tasks)),
    ...rows.map(({ title, ranks }) =>
      cells(
        title,
        ranks.map((rank) => (rank === null ? '-' : formatRank(rank))),
      ),
    ),
    '',
    ...wrap(flipsSentence(of, board.statistics.ci), width),
    ...flipped,
  ];
}
