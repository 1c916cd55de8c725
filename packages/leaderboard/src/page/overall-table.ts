import type { Board, OverallBoard } from '../board.js';
import { formatRank, plural } from '../view/format.js';
import { excludedSentence } from '../view/sentences.js';
import { type Html, html } from './html.js';

/** Mean ranks over tasks. */
export function overallTable(overall: OverallBoard, board: Board): Html {
  const { scope, tasks, rows } = overall;
  const kind = scope === 'all' ? '' : `${scope} `;
  const body = rows.map(
    (
      row,
    ) => html`<tr><th scope="row">${row.title}</th><td class="number"><span class="value">${row.meanRank.toFixed(2)}</span></td><td class="number interval">[${row.low.toFixed(2)}, ${row.high.toFixed(2)}]</td>${row.ranks.map((rank) => html`<td class="number">${formatRank(rank).replace('-', '–')}</td>`)}</tr>
`,
  );
  const left = excludedSentence(overall, board);
  return html`<section class="overall">
<h2>Mean rank over ${plural(tasks.length, `${kind}task`)}</h2>
${
  rows.length === 0
    ? html`<p>No method is complete on all of them.</p>`
    : html`<div class="scroller" role="region" tabindex="0" aria-label="Mean ranks"><table class="overall"><caption>Ranks among the methods that are complete on all of these tasks; 1 is best.</caption>
<thead><tr><th scope="col">method</th><th scope="col" class="number">mean rank</th><th scope="col" class="number">interval</th>${tasks.map((task) => html`<th scope="col" class="number">${task}</th>`)}</tr></thead>
<tbody>${body}</tbody></table></div>`
}
${left && html`<p class="note">${left}</p>`}
</section>`;
}
