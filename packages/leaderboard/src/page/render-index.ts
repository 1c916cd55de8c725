import { formatCount, plural } from '@attribution-bench/contract';
import type { Board, BoardCosts } from '../board.js';
import { type TaskView, taskViews } from '../view/task-view.js';
import { familyMarks } from './families.js';
import { toolbar } from './filters.js';
import { type Html, html } from './html.js';
import { kindsOfTasks } from './overview/kinds.js';
import { matrix, matrixKey } from './overview/matrix.js';
import type { TaskPlace } from './overview/matrix-column.js';
import { madeBy } from './overview/measured-line.js';
import { pageFrame, themeButton } from './page-frame.js';

/** A board and the folder it is in, beside the index. */
export interface BoardLink {
  readonly folder: string;
  readonly board: Board;
  readonly costs?: BoardCosts;
}

/**
 * One HTML document over every board: methods and all tasks, kind by kind, then the boards themselves. Boards of toy sizes
 * (`--quick`) are listed and have no columns.
 */
export function renderIndex(boards: readonly BoardLink[]): string {
  const sorted = boards.toSorted((a, b) => methodsOf(b) - methodsOf(a) || (a.folder < b.folder ? -1 : 1));
  const whole = sorted.filter((link) => !isTrial(link));
  const places = new Map(whole.flatMap(placesOf));
  const rows = whole.flatMap(({ board }) => board.rows);
  const kinds = kindsOfTasks([...places.keys()]);
  const marks = familyMarks(rows.filter(({ kind }) => kind !== 'ceiling').map(({ family }) => family));
  const matrices = kinds.map((kind, i) =>
    matrix(
      kind,
      i,
      kind.views.flatMap((view) => places.get(view) ?? []),
    ),
  );
  return pageFrame(
    'Boards · Attribution Bench',
    html`<header class="page">
<div class="bar"><p class="brand">Attribution Bench</p>${themeButton}</div>
<h1>Methods on every board</h1>
<p class="measured">${countsOf(whole, rows)} Each cell is a share of the noise ceiling with its interval, and leads to the row behind it; the best method of a task and those that are statistically tied with it are marked. Tasks are not comparable with each other, so methods have no rank over them.</p>
</header>
<main id="content">
${kinds.length === 0 ? undefined : html`${toolbar({ rows }, marks)}<div class="kinds">${matrices}</div>${matrixKey(whole[0].board.statistics.ci)}`}
<section><h2>Boards</h2>
<div class="scroller" role="region" tabindex="0" aria-label="Boards"><table class="index"><caption>${plural(boards.length, 'board')}, those with the most methods first.</caption>
<thead><tr><th scope="col">board</th><th scope="col">tasks</th><th scope="col" class="number">methods</th><th scope="col">made by</th><th scope="col">files</th></tr></thead>
<tbody>${sorted.map(boardRow)}</tbody></table></div></section>
</main>`,
  );
}

function methodsOf({ board }: BoardLink): number {
  return new Set(board.rows.flatMap(({ kind, entry }) => (kind === 'method' ? [entry] : []))).size;
}

/** Whether a board is of toy sizes. */
export function isTrial({ costs }: Pick<BoardLink, 'costs'>): boolean {
  return costs?.provenance.quick === true;
}

function pageOf({ folder }: BoardLink): string {
  return `${encodeURIComponent(folder)}/index.html`;
}

function placesOf(link: BoardLink): [TaskView, TaskPlace][] {
  const place = { page: pageOf(link), board: link.folder };
  return taskViews(link.board, link.costs).map((view) => [view, place]);
}

function countsOf(boards: readonly BoardLink[], rows: Board['rows']): string {
  const methods = new Set(rows.flatMap(({ kind, entry }) => (kind === 'method' ? [entry] : []))).size;
  const tasks = boards.reduce((sum, { board }) => sum + board.tasks.length, 0);
  return `${plural(methods, 'method')} on ${plural(tasks, 'task')} of ${plural(boards.length, 'board')}.`;
}

function boardRow(link: BoardLink): Html {
  const { folder, board } = link;
  const file = (name: string, label: string) =>
    html`<a href="${encodeURIComponent(folder)}/${name}" aria-label="${folder} as ${label}">${label}</a>`;
  const tasks = board.tasks.map(({ id }) => id).join(', ');
  return html`<tr><th scope="row"><a href="${pageOf(link)}">${folder}</a>${isTrial(link) ? html` <span class="badge">quick: toy sizes</span>` : undefined}</th><td>${tasks}</td><td class="number">${formatCount(methodsOf(link))}</td><td>${madeBy(link.costs)}</td><td>${file('board.csv', 'CSV')} ${file('board.json', 'JSON')}</td></tr>
`;
}
