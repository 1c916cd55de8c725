import { plural } from '@attribution-bench/contract';
import type { Board } from '../board.js';
import { formatInterval, formatShare, formatValue } from '../view/format.js';
import { taskViews } from '../view/task-view.js';
import { type Html, html, minus } from './html.js';
import { metricName } from './metric-name.js';
import { pageFrame, themeButton } from './page-frame.js';

/** A board and the folder it is in, beside the index. */
export interface BoardLink {
  readonly folder: string;
  readonly board: Board;
}

/** One HTML document with every board: its tasks, and what leads each. */
export function renderIndex(boards: readonly BoardLink[]): string {
  const sorted = [...boards].sort((a, b) => (a.folder < b.folder ? -1 : 1));
  return pageFrame(
    'Boards · Attribution Bench',
    html`<header class="page">
<div class="bar"><p class="brand">Attribution Bench</p>${themeButton}</div>
<h1>Boards</h1>
<p class="note">${plural(boards.length, 'board')}. Boards of different truths are not comparable with each other.</p>
</header>
<main id="content">
${sorted.map(boardCard)}
</main>`,
  );
}

function boardCard({ folder, board }: BoardLink): Html {
  const rows = taskViews(board).map(({ task, metric, ranked, unranked }) => {
    const best = ranked[0];
    const value = best?.value;
    const result =
      metric === undefined || best === undefined || value === undefined
        ? html`<td colspan="3">nothing ranked</td>`
        : html`<td>${best.row.title}</td><td class="number"><span class="value">${minus(formatValue(value.value))}</span> <span class="interval">${minus(formatInterval(value))}</span></td><td class="number">${value.ofCeiling === undefined ? undefined : formatShare(value.ofCeiling.value)}</td>`;
    return html`<tr><th scope="row">${task.id}</th><td>${metric && metricName(metric)}</td>${result}<td class="number">${ranked.length}</td><td class="number">${unranked.length}</td></tr>
`;
  });
  return html`<section class="task"><h2><a href="${encodeURIComponent(folder)}/index.html">${board.grid}</a>${folder === board.grid ? undefined : html` <span class="badge">${folder}</span>`}</h2>
<div class="scroller" role="region" tabindex="0" aria-label="Tasks of ${board.grid}"><table class="index"><caption>What leads each task.</caption>
<thead><tr><th scope="col">task</th><th scope="col">metric</th><th scope="col">leading method</th><th scope="col" class="number">value</th><th scope="col" class="number">of ceiling</th><th scope="col" class="number">ranked</th><th scope="col" class="number">not ranked</th></tr></thead>
<tbody>${rows}</tbody></table></div></section>
`;
}
