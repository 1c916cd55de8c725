import type { Board, BoardCosts } from '../board.js';
import { costTexts } from '../view/cost-texts.js';
import { formatInterval, formatSeconds, formatSigned, formatValue, shortKey } from '../view/format.js';
import { declaredMark, externalWords, marksSentence } from '../view/marks.js';
import { chosenParams } from '../view/sentences.js';
import { tiedWith } from '../view/standing.js';
import type { RowView, TaskView } from '../view/task-view.js';
import { rowId } from './addresses.js';
import type { Marks } from './charts/figure.js';
import { familyGlyph } from './families.js';
import { type Html, html, minus } from './html.js';
import { paperLink } from './paper-link.js';
import { rowCommand } from './row-command.js';
import { type Column, tableColumns } from './table-columns.js';

interface PageData {
  readonly board: Board;
  readonly costs: BoardCosts | undefined;
  readonly marks: Marks;
  /** Addresses of the READMEs of methods, by their ids. */
  readonly methodPages: ReadonlyMap<string, string>;
}

/** The ranked table of a task: ceiling, methods from best to worst, controls, each with what is behind it. */
export function boardTable(view: TaskView, data: PageData, index: number): Html | undefined {
  const { task, metric, ceiling, ranked, controls } = view;
  if (metric === undefined) return undefined;
  const all = [...(ceiling === undefined ? [] : [ceiling]), ...ranked, ...controls];
  const columns = tableColumns(view, data.marks, all, index).filter(({ cell }) =>
    all.some((row) => cell(row) !== undefined),
  );
  const methodColumn = html`<th scope="col" class="method" data-column="method"><button type="button" class="sort">method</button></th>`;
  const head = columns.map(({ id, title, kind, order, largestFirst }) => {
    const label = order === undefined ? html`${title}` : html`<button type="button" class="sort">${title}</button>`;
    const sorted = id === 'rank' ? html` aria-sort="ascending"` : undefined;
    return html`<th scope="col" class="${kind} c-${id}" data-column="${id}"${largestFirst === true ? html` data-largest-first` : undefined}${order === undefined ? undefined : (sorted ?? html` aria-sort="none"`)}>${label}</th>`;
  });
  const rankAt = columns.findIndex(({ id }) => id === 'value');
  const headings = [...head.slice(0, rankAt), methodColumn, ...head.slice(rankAt)];
  const rows = all.map((row, i) => tableRow(row, columns, rankAt, view, data, `t${index}r${i}`));
  const marks = marksSentence(all);
  return html`<div class="scroller" role="region" tabindex="0" aria-label="Ranked table of ${task.id}">
<table class="board">
<caption>Ranks and tie letters by ${metric.title}; best first.${marks && html` ${marks}`}</caption>
<thead><tr>${headings}</tr></thead>
${rows}
</table></div>`;
}

function tableRow(
  rowView: RowView,
  columns: readonly Column[],
  methodAt: number,
  view: TaskView,
  data: PageData,
  id: string,
): Html {
  const { row } = rowView;
  const cells = columns.map(({ id: column, kind, label, cell, order }) => {
    const sortBy = order?.(rowView);
    return html`<td class="${kind} c-${column}"${label === undefined ? undefined : html` data-l="${label}"`}${sortBy === undefined ? undefined : html` data-v="${String(sortBy)}"`}>${cell(rowView)}</td>`;
  });
  const name = html`<th scope="row" class="method" data-v="${row.title}">${methodCell(rowView, data, id)}</th>`;
  return html`<tbody class="entry ${row.kind}" id="${rowId(row.task, row.entry)}" data-family="${row.family}" data-origin="${row.origin ?? ''}" data-name="${row.title} ${row.entry}">
<tr>${cells.slice(0, methodAt)}${name}${cells.slice(methodAt)}</tr>
<tr class="detail" id="${id}" hidden><td colspan="${columns.length + 1}">${detail(rowView, view, data)}</td></tr>
</tbody>
`;
}

function methodCell({ row }: RowView, { marks }: PageData, id: string): Html {
  const mark = marks.get(row.family);
  const family =
    row.kind !== 'method' || mark === undefined
      ? undefined
      : html`<span class="badge family">${familyGlyph(mark)}${row.family}</span>`;
  const why = row.origin === 'external' ? externalWords : row.adaptation;
  const origin =
    row.kind !== 'method' || row.origin === undefined
      ? undefined
      : html`<span class="badge ${row.origin}"${why === undefined ? undefined : html` title="${why}"`}>${row.origin}</span>`;
  const global = row.global
    ? html`<span class="badge" title="one score per training point, the same for every query">global</span>`
    : undefined;
  const params = row.varied.length === 0 ? undefined : html`<span class="params">${chosenParams({ row })}</span>`;
  return html`<button type="button" class="expand" aria-expanded="false" aria-controls="${id}"><span class="title">${row.title}</span></button><a class="perma" href="#${rowId(row.task, row.entry)}" aria-label="Link to this row">#</a><span class="badges">${family}${origin}${global}</span>${params}`;
}

function detail(rowView: RowView, { task, metric, ranked }: TaskView, { board, costs, methodPages }: PageData): Html {
  const { row, value, cost } = rowView;
  const page = methodPages.get(row.method);
  const method = board.methods.find(({ id }) => id === row.method);
  const facts: (readonly [string, string | Html | undefined])[] = [
    [row.paramsBySeed === undefined ? 'parameters' : 'parameters by all seeds', row.params && paramsText(row.params)],
    ['reported', row.paramsBySeed && chosenParams({ row })],
    [
      'seeds',
      row.seeds.length === 0
        ? undefined
        : row.seeds.map((seed, i) => `${seed}: ${seedValue(value?.perSeed[i])}`).join(', '),
    ],
    [
      'difference to random',
      value?.toRandom && minus(`${formatSigned(value.toRandom.value)} ${formatInterval(value.toRandom)}`),
    ],
    ['statistically tied', tiedNames(rowView, ranked)],
    [
      'undefined queries',
      value?.undefinedQueries ? `${value.undefinedQueries} of ${task.report.queries}, counted as 0` : undefined,
    ],
    [
      'interval counts',
      value?.repeats &&
        Object.entries(value.repeats)
          .map(([source, count]) => `${count} ${source}`)
          .join(', '),
    ],
    ...costFacts(rowView),
    ['cost of all settings and seeds', cost?.sweepSeconds === undefined ? undefined : formatSeconds(cost.sweepSeconds)],
    ['adapted', row.adaptation],
    ['source', method && sourceText(method)],
    ['about', page === undefined ? undefined : html`<a class="method-page" href="${page}">the method's page</a>`],
    ['needs', method && method.needs.length > 0 ? method.needs.join(', ') : undefined],
    [
      'scores',
      row.scoresDigests && row.scoresDigests.length > 0
        ? html`sha256 ${row.scoresDigests.map(shortKey).join(', ')}`
        : undefined,
    ],
  ];
  const about =
    row.kind === 'ceiling'
      ? html`<p>What a method that predicts the expected ${task.target} perfectly would reach, given that each subset was retrained ${task.truth?.retrainSeeds ?? 0} times: from the agreement of retraining seeds${metric === undefined ? '' : html` (${metric.title})`}.</p>`
      : undefined;
  const command = row.kind === 'ceiling' ? undefined : commandLine(rowCommand(row, board.grid, costs));
  const list = facts.flatMap(([name, text]) =>
    text === undefined || text === '' ? [] : [html`<div><dt>${name}</dt><dd>${text}</dd></div>`],
  );
  return html`<div class="behind">${about}${command}${list.length === 0 ? undefined : html`<dl>${list}</dl>`}</div>`;
}

/** More methods than this are counted and not named. */
const mostNames = 6;

/** What a row is not told apart from. */
function tiedNames(rowView: RowView, ranked: readonly RowView[]): string | undefined {
  if (rowView.row.rank === undefined) return undefined;
  const tied = ranked.filter((other) => other !== rowView && tiedWith(rowView, other));
  if (tied.length === 0) return 'with no other method';
  const names = tied.slice(0, mostNames).map(({ row }) => row.title);
  return tied.length > names.length ? `${names.join(', ')} and ${tied.length - names.length} more` : names.join(', ');
}

function costFacts({ cost }: RowView): [string, string | undefined][] {
  const { train, fit, score, memory, models } = costTexts(cost, ` ${declaredMark}`);
  return [
    ['training its models', train],
    ['fit', fit],
    ['score', score],
    ['memory', memory],
    ['models', models],
  ];
}

function sourceText({ cite, origin, revision }: Board['methods'][number]): Html {
  return origin === 'external' ? html`${externalWords}` : html`${paperLink(cite)} (${origin}), revision ${revision}`;
}

/** A command with a button that copies it. */
function commandLine(command: string): Html {
  return html`<div class="command"><code>${command}</code><button type="button" class="copy">Copy</button></div>`;
}

function paramsText(params: { readonly [name: string]: unknown }): string {
  const list = Object.entries(params).map(
    ([name, value]) => `${name} = ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return list.length === 0 ? 'none' : list.join(', ');
}

function seedValue(value: number | undefined): string {
  return value === undefined ? 'no value' : formatValue(value);
}

/** Methods without a rank, with what came in between. */
export function unrankedTable({ task, unranked }: TaskView, { board, costs, marks }: PageData): Html | undefined {
  if (unranked.length === 0) return undefined;
  const canRetry = unranked.some(({ row }) => row.status !== 'skipped');
  const rows = unranked.map(({ row }) => {
    const mark = marks.get(row.family);
    const reason = row.reason === undefined || row.reason === row.status ? undefined : row.reason;
    return html`<tbody class="entry unranked" id="${rowId(row.task, row.entry)}" data-family="${row.family}" data-origin="${row.origin ?? ''}" data-name="${row.title} ${row.entry}"><tr><th scope="row">${mark && familyGlyph(mark)} ${row.title}</th><td><span class="status ${row.status}">${row.status}</span></td><td>${reason}</td>${canRetry ? html`<td>${row.status === 'skipped' ? undefined : commandLine(rowCommand(row, board.grid, costs))}</td>` : undefined}</tr></tbody>`;
  });
  const open = unranked.some(({ row }) => row.status !== 'skipped');
  return html`<details class="more"${open ? html` open` : undefined}><summary>Not ranked (${unranked.length})</summary>
<div class="scroller" role="region" tabindex="0" aria-label="Methods of ${task.id} that are not ranked">
<table class="unranked"><caption>Methods without a result for this task, and why.</caption>
<thead><tr><th scope="col">method</th><th scope="col">status</th><th scope="col">reason</th>${canRetry ? html`<th scope="col">to try again</th>` : undefined}</tr></thead>
${rows}</table></div></details>`;
}
