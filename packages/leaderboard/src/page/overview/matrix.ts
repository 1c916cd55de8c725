import { plural } from '@attribution-bench/contract';
import type { Verdict } from '../../view/standing.js';
import { taskId } from '../addresses.js';
import { type Html, html } from '../html.js';
import { metricName, metricWords } from '../metric-name.js';
import type { KindOfTasks } from './kinds.js';
import { matrixCell } from './matrix-cell.js';
import { type MatrixColumn, matrixColumn } from './matrix-column.js';
import { type MatrixRow, matrixRows, unentered } from './matrix-rows.js';

/** Methods down, the tasks of one kind across: each value with its interval, the best one and what is tied with it marked. */
export function matrix({ title, views }: KindOfTasks, index: number): Html {
  const columns = views.map(matrixColumn);
  const rows = matrixRows(views);
  const heads = columns.map(columnHead);
  const leads = columns.map(({ verdict }) => html`<td>${verdictWords(verdict)}</td>`);
  const out = unentered(views);
  return html`<section class="kind" style="--n:${columns.length}" aria-labelledby="kind-${index}">
<h2 id="kind-${index}">${title}</h2>
${leadList(columns)}
<table class="matrix"><caption class="unseen">${title}: methods and the tasks they were measured on</caption>
<thead><tr><th scope="col" class="method"><span class="unseen">method</span></th>${heads}</tr></thead>
<tbody class="lead"><tr><th scope="row">best</th>${leads}</tr></tbody>
<tbody>${rows.map((row) => matrixRow(row, columns))}</tbody></table>
${
  out.length === 0
    ? undefined
    : html`<details class="quiet"><summary>${plural(out.length, 'method')} without a result here</summary><ul>${out.map(({ title: name, reasons }) => html`<li>${name}: ${reasons.join('; ')}</li>`)}</ul></details>`
}
</section>`;
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
  return html`<th scope="col" aria-sort="${at === 0 ? 'descending' : 'none'}"${metric.higherIsBetter ? html` data-largest-first` : undefined}><button type="button" class="sort" title="Sort by ${task.id}. ${metricWords(metric)}">${breakable(task.id)}<small>${unit}</small></button></th>`;
}

function verdictWords(verdict: Verdict | undefined): Html {
  if (verdict === undefined) return html`<small>nothing beats Random</small>`;
  return html`<b>${verdict.best.row.title}</b><small>${standing(verdict)}</small>`;
}

function standing({ tied, others }: Verdict): string {
  if (others === 0) return 'alone';
  return tied.length === 0 ? 'clear' : `tied with ${tied.length}`;
}

/** The same for screens on which columns are too narrow for names. */
function leadList(columns: readonly MatrixColumn[]): Html {
  return html`<ul class="leads">${columns.map(({ view: { task }, verdict }) => html`<li><a href="#${taskId(task.id)}">${task.id}</a><span>${verdictWords(verdict)}</span></li>`)}</ul>`;
}

function matrixRow(row: MatrixRow, columns: readonly MatrixColumn[]): Html {
  const cells = columns.map((column, i) => matrixCell(row.cells[i], column));
  const { kind, family, origin = '', title, entry } = row.of;
  return html`<tr class="${kind}" data-family="${family}" data-origin="${origin}" data-name="${title} ${entry}"><th scope="row">${title}${row.setting && html`<small>${row.setting}</small>`}</th>${cells}</tr>
`;
}
