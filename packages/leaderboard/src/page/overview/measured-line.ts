import { formatCount, plural } from '@attribution-bench/contract';
import type { Board, BoardCosts } from '../../board.js';
import type { BoardMetric } from '../../board-input.js';
import type { TaskView } from '../../view/task-view.js';
import { type Html, html } from '../html.js';
import { metricPaper, metricWords } from '../metric-name.js';
import { paperLink } from '../paper-link.js';
import { kindsOfTasks } from './kinds.js';

/** One sentence: what was measured, on what, when and with which version. */
export function measuredLine(board: Board, costs: BoardCosts | undefined, views: readonly TaskView[]): Html {
  const methods = new Set(board.rows.filter(({ kind }) => kind === 'method').map(({ entry }) => entry)).size;
  const kinds = kindsOfTasks(views).map(({ title, views: of }) => counted(of.length, title.toLowerCase()));
  const datasets = [...new Set(board.tasks.map(({ dataset }) => dataset))];
  const seeds = Math.max(0, ...board.rows.map((row) => row.seeds.length));
  const ranking = new Set(board.tasks.flatMap(({ rankedBy }) => rankedBy ?? []));
  const [first, others] = [
    board.metrics.filter(({ id }) => ranking.has(id)),
    board.metrics.filter(({ id }) => !ranking.has(id)),
  ];
  const source = madeBy(costs);
  const also = others.length === 0 ? undefined : html`; also by ${listed(others.map(metricLink))}`;
  return html`<p class="measured">${plural(methods, 'method')} on ${listed(kinds.map((kind) => html`${kind}`))} of ${listed(datasets.map((name) => html`${name}`))}, by ${listed(first.map(metricLink))} with ${plural(seeds, 'method seed')}${also}${source === '' ? '' : `; ${source}`}.</p>`;
}

function counted(count: number, many: string): string {
  return `${formatCount(count)} ${count === 1 ? many.slice(0, -1) : many}`;
}

function metricLink(metric: BoardMetric): Html {
  const paper = metricPaper(metric);
  const title = metric.title.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
  const name = html`<span title="${metricWords(metric)}">${title}</span>`;
  return paper === undefined ? name : paperLink(paper, name);
}

/** `bench 0.1.0, commit 1a2b3c4 of 2026-11-28`; empty where that is not known. */
export function madeBy(costs: BoardCosts | undefined): string {
  const { version, commit, commitDate, changed } = costs?.provenance ?? {};
  if (typeof version !== 'string') return '';
  const at =
    typeof commit === 'string' ? `, commit ${commit.slice(0, 9)}${changed === true ? ' with changes' : ''}` : '';
  return `bench ${version}${at}${typeof commitDate === 'string' ? ` of ${commitDate}` : ''}`;
}

/** `a, b and c` */
function listed(parts: readonly Html[]): Html {
  return html`${parts.map((part, i) => html`${i === 0 ? undefined : i < parts.length - 1 ? html`, ` : html` and `}${part}`)}`;
}
