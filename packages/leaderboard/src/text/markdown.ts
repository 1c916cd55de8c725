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
import { declaredMark, marksSentence } from '../view/marks.js';
import { overallSentence, overallTitle } from '../view/overall-sentences.js';
import { retrainingSentence } from '../view/retraining-sentence.js';
import {
  betterWord,
  ceilingSentence,
  choiceRule,
  chosenParams,
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
import { type TuningTable, tuningTable } from '../view/tuning.js';
import { singleLine } from './display-text.js';

/** A board as GitHub-flavoured Markdown: a section a task, then what methods reach over tasks. */
export function renderMarkdown(board: Board, costs?: BoardCosts): string {
  const sections = [
    `# Leaderboard: ${markdownText(board.grid)}`,
    ...taskViews(board, costs).map((view) => taskSection(view, board)),
    ...board.overall.map((overall) => overallSection(overall, board.statistics.ci)),
    ...(board.counterfactuals ?? []).map((of) => counterfactualSection(of, board)),
    markdownText(statisticsSentence(board)),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** Text that Markdown and the HTML inside it show as it is, on one line, in a table cell too. */
export function markdownText(text: string): string {
  return singleLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]#|~]/g, '\\$&')
    .replaceAll('@', '&#64;')
    .replace(/:(?=\/\/)/g, '&#58;');
}

/** A Markdown table of cells that are Markdown already; a header that ends in `:` is right-aligned. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const titles = header.map((title) => title.replace(/:$/, ''));
  const rule = header.map((title) => (title.endsWith(':') ? '---:' : '---'));
  return [titles, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

interface Column {
  readonly header: string;
  cell(view: RowView): string;
}

function taskSection(view: TaskView, board: Board): string {
  const { task, metric, ceiling, ranked, controls, unranked } = view;
  const rows = [...(ceiling === undefined ? [] : [ceiling]), ...ranked, ...controls];
  const columns = columnsOf(view, board).filter(({ cell }) => rows.some((row) => cell(row) !== ''));
  const table = markdownTable(
    columns.map(({ header }) => header),
    rows.map((row) => columns.map(({ cell }) => emphasised(row, cell(row)))),
  );
  const settling = settlingSentence(view);
  const undefinedQueries = undefinedSentence(view);
  const choice = choiceRule(view, board.selection?.budget);
  const tuning = tuningTable(view);
  const marks = marksSentence(rows);
  const noted = methodNotes(view);
  const noShares = ceilingSentence(view);
  const note = foreignNote(task);
  const bought = retrainingSentence(view);
  return [
    `## ${markdownText(task.id)}`,
    markdownText(measuredSentence(task, metric)),
    markdownText(`${modelSentence(task)}.`),
    ...(rows.length === 0 || metric === undefined ? [] : [table]),
    ...(unranked.length === 0 ? [] : [unrankedTable(unranked)]),
    ...(task.diagnostics === undefined ? [] : [diagnosticsTable(task.diagnostics)]),
    ...(marks === undefined ? [] : [markdownText(marks)]),
    ...(choice === undefined ? [] : [markdownText(`${choice}.`)]),
    ...(tuning === undefined ? [] : [tuningMarkdown(tuning)]),
    ...(settling === undefined ? [] : [markdownText(settling)]),
    ...reachedSentences(view).map(markdownText),
    ...(undefinedQueries === undefined ? [] : [markdownText(undefinedQueries)]),
    ...(noted === undefined ? [] : [markdownText(noted)]),
    ...(noShares === undefined ? [] : [markdownText(noShares)]),
    ...(bought === undefined ? [] : [markdownText(bought)]),
    ...(note === undefined ? [] : [markdownText(note)]),
  ].join('\n\n');
}

function columnsOf({ metric, otherMetrics }: TaskView, { statistics }: Board): Column[] {
  if (metric === undefined) return [];
  const percent = Number((statistics.ci * 100).toPrecision(3));
  const costs = ({ cost }: RowView) => costTexts(cost, ` ${declaredMark}`);
  return [
    { header: 'rank:', cell: (view) => rankText(view, metric) ?? '' },
    { header: 'tie', cell: ({ row }) => row.groups ?? '' },
    { header: 'method', cell: ({ row }) => markdownText(row.title) },
    { header: 'family', cell: ({ row }) => (row.kind === 'method' ? markdownText(row.family) : '') },
    { header: 'origin', cell: ({ row }) => `${row.origin ?? ''}${row.global ? ', global' : ''}` },
    { header: 'chosen', cell: (view) => (view.row.params === undefined ? '' : markdownText(chosenParams(view))) },
    {
      header: `${markdownText(withUnit(metric.id, metric.unit))}:`,
      cell: ({ value }) => (value === undefined ? '' : formatValue(value.value)),
    },
    { header: `${percent} % interval`, cell: ({ value }) => (value === undefined ? '' : formatInterval(value)) },
    { header: 'to best', cell: ({ value }) => difference(value?.toBest) },
    { header: 'to random', cell: ({ value }) => difference(value?.toRandom) },
    {
      header: 'of ceiling:',
      cell: ({ value }) =>
        value?.ofCeiling === undefined ? '' : `${formatShare(value.ofCeiling.value)} ${formatShares(value.ofCeiling)}`,
    },
    ...otherMetrics.map(
      ({ id, unit }): Column => ({
        header: markdownText(withUnit(id, unit)),
        cell: ({ row }) => {
          const value = row.metrics[id];
          return value === undefined ? '' : `${formatValue(value.value)} ${formatInterval(value)}`;
        },
      }),
    ),
    { header: 'fit:', cell: (row) => costs(row).fit ?? '' },
    { header: 'score:', cell: (row) => costs(row).score ?? '' },
    { header: 'training:', cell: (row) => costs(row).train ?? '' },
    { header: 'peak memory:', cell: (row) => costs(row).memory ?? '' },
    { header: 'models:', cell: (row) => costs(row).models ?? '' },
  ];
}

function difference(change: { value: number; low: number; high: number } | undefined): string {
  return change === undefined ? '' : `${formatSigned(change.value)} ${formatInterval(change)}`;
}

/** Rows that are no competitors in italics. */
function emphasised({ row }: RowView, cell: string): string {
  return row.kind === 'method' || cell === '' ? cell : `*${cell}*`;
}

function unrankedTable(unranked: readonly RowView[]): string {
  return markdownTable(
    ['not ranked', 'status', 'why'],
    unranked.map(({ row }) => [markdownText(row.title), row.status, markdownText(row.reason ?? '')]),
  );
}

/** What the generated queries are like beside training and held-out points. */
function diagnosticsTable(diagnostics: readonly BoardDiagnostic[]): string {
  return markdownTable(
    ['what was generated', 'better', 'value:'],
    diagnostics.map(({ title, better, value, note }) => {
      if (value === undefined) return [markdownText(title), betterWord[better], markdownText(notComputed(note ?? ''))];
      const words = note === undefined ? '' : ` (${markdownText(note)})`;
      return [`${markdownText(title)}${words}`, betterWord[better], formatValue(value)];
    }),
  );
}

/** What the settings of each method with several came to. */
function tuningMarkdown({ caption, numbers, rows }: TuningTable): string {
  const table = markdownTable(
    ['method', ...numbers.map((name) => `${name}:`), 'chosen'],
    rows.map((row) => [markdownText(row.title), ...row.numbers, markdownText(row.chosen)]),
  );
  return [markdownText(caption), table].join('\n\n');
}

function overallSection(overall: OverallBoard, level: number): string {
  const { tasks, rows } = overall;
  const withMeans = rows.some(({ mean }) => mean !== undefined);
  const table = markdownTable(
    ['method', ...(withMeans ? ['mean:', 'interval'] : []), ...tasks.map((task) => `${markdownText(task)}:`)],
    rows.map(({ title, shares, mean }) => [
      markdownText(title),
      ...(withMeans ? [mean ? formatShare(mean.value) : '', mean ? formatShares(mean) : ''] : []),
      ...shares.map((share) => (share === null ? '–' : formatShare(share))),
    ]),
  );
  return [`## ${overallTitle(overall)}`, markdownText(overallSentence(overall, level)), table].join('\n\n');
}

function counterfactualSection(of: CounterfactualBoard, board: Board): string {
  const table = markdownTable(
    ['method', ...of.tasks.map((task) => `${markdownText(task)}:`)],
    of.rows.map(({ title, ranks }) => [
      markdownText(title),
      ...ranks.map((rank) => (rank === null ? '–' : formatRank(rank))),
    ]),
  );
  const flips = of.flips.map((flip) => `- ${markdownText(flipWords(flip, of, board))}`);
  return [
    `## ${markdownText(counterfactualTitle(of))}`,
    markdownText(counterfactualSentence(of, board)),
    table,
    markdownText(flipsSentence(of, board.statistics.ci)),
    ...(flips.length === 0 ? [] : [flips.join('\n')]),
  ].join('\n\n');
}
