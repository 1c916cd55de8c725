import { plural } from '@attribution-bench/contract';
import { formatLevel } from '../../view/format.js';
import type { Verdict } from '../../view/standing.js';
import { taskId } from '../addresses.js';
import { type Html, html } from '../html.js';
import { metricName, metricWords } from '../metric-name.js';
import type { KindOfTasks } from './kinds.js';
import { matrixCell } from './matrix-cell.js';
import { type MatrixColumn, matrixColumn, type TaskPlace } from './matrix-column.js';
import { type MatrixRow, matrixRows, unentered } from './matrix-rows.js';

const here: TaskPlace = { page: '' };

/** On narrow screens the columns of more tasks than this have numbers in place of names. */
const mostNamed = 5;

/**
 * Methods down, the tasks of one kind across: each value with its interval, the best one and what is tied with it marked.
 * @param places where the rows of each task are, in the order of its tasks; absent: on the same page
 */
export function matrix({ title, views }: KindOfTasks, index: number, places?: readonly TaskPlace[]): Html {
  const columns = views.map((view, i) => matrixColumn(view, places?.[i] ?? here));
  const rows = matrixRows(views);
  const heads = columns.map(columnHead);
  const leads = columns.map(({ verdict }) => html`<td>${verdictWords(verdict)}</td>`);
  const out = unentered(views);
  return html`<section class="kind${columns.length > mostNamed ? html` many` : undefined}" style="--n:${columns.length}" aria-labelledby="kind-${index}">
<h2 id="kind-${index}">${title}</h2>
${leadList(columns)}
<table class="matrix"><caption class="unseen">${title}: methods and the tasks they were measured on</caption>
<thead><tr><th scope="col" class="method"><span class="unseen">method</span></th>${heads}</tr></thead>
<tbody class="lead">${boardLinks(columns)}<tr><th scope="row">best</th>${leads}</tr></tbody>
<tbody>${rows.map((row) => matrixRow(row, columns))}</tbody></table>
${
  out.length === 0
    ? undefined
    : html`<details class="quiet"><summary>${plural(out.length, 'method')} without a result here</summary><ul>${out.map(({ title: name, reasons }) => html`<li>${name}: ${reasons.join('; ')}</li>`)}</ul></details>`
}
</section>`;
}

/** What the marks in a matrix mean. @param level nominal coverage of the intervals */
export function matrixKey(level: number): Html {
  return html`<p class="key"><span class="best">best</span> <span class="tied">statistically tied with it</span> <span class="faint">no better than Random</span> <span>– no result: touch it for the reason</span> <span>bars: ${formatLevel(level)} intervals</span></p>`;
}

/** `digits-mlp@fresh` may break after its hyphens and signs. */
function breakable(name: string): Html[] {
  return name.split(/(?<=[-@_/.])/).flatMap((part, i) => (i === 0 ? [html`${part}`] : [html`<wbr>`, html`${part}`]));
}

function columnHead({ view: { task, metric }, shares }: MatrixColumn, at: number): Html {
  if (metric === undefined) return html`<th scope="col"></th>`;
  const unit = shares
    ? html`<span class="s">% of ceiling</span><span class="v">${metricName(metric)}</span>`
    : html`${metricName(metric)}`;
  return html`<th scope="col" aria-sort="${at === 0 ? 'descending' : 'none'}"${metric.higherIsBetter ? html` data-largest-first` : undefined}><button type="button" class="sort" title="Sort by ${task.id}. ${metricWords(metric)}"><span class="number">${at + 1}</span><span class="name">${breakable(task.id)}<small>${unit}</small></span></button></th>`;
}

/** Which board each task is of, where there are several. */
function boardLinks(columns: readonly MatrixColumn[]): Html | undefined {
  if (columns.every(({ place }) => place.board === undefined)) return undefined;
  const cells = columns.map(
    ({ place, view: { task } }) =>
      html`<td>${place.board && html`<a href="${place.page}#${taskId(task.id)}" aria-label="${task.id} on the board ${place.board}">${place.board}</a>`}</td>`,
  );
  return html`<tr><th scope="row">board</th>${cells}</tr>`;
}

function verdictWords(verdict: Verdict | undefined): Html {
  if (verdict === undefined) return html`<small>nothing beats Random</small>`;
  return html`<b>${verdict.best.row.title}</b><small>${standing(verdict)}</small>`;
}

function standing({ tied, others }: Verdict): string {
  if (others === 0) return 'alone';
  return tied.length === 0 ? 'clear' : `tied with ${tied.length}`;
}

/** The same for screens on which columns are too narrow for names, with the numbers that stand over those. */
function leadList(columns: readonly MatrixColumn[]): Html {
  const item = ({ view: { task }, verdict, place: { page, board } }: MatrixColumn, at: number) =>
    html`<li><a href="${page}#${taskId(task.id)}"><span class="number">${at + 1}</span>${task.id}${board && html` · ${board}`}</a><span>${verdictWords(verdict)}</span></li>`;
  return html`<ul class="leads">${columns.map(item)}</ul>`;
}

function matrixRow(row: MatrixRow, columns: readonly MatrixColumn[]): Html {
  const cells = columns.map((column, i) => matrixCell(row.cells[i], column));
  const { kind, family, origin = '', title, entry } = row.of;
  return html`<tr class="${kind}" data-family="${family}" data-origin="${origin}" data-name="${title} ${entry}"><th scope="row">${title}${row.setting && html`<small>${row.setting}</small>`}</th>${cells}</tr>
`;
}
