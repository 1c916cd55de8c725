import type { Board, CounterfactualBoard } from '../board.js';
import { counterfactualSentence, flipsSentence, flipWords } from '../view/counterfactual-sentences.js';
import { formatRank } from '../view/format.js';
import { type Html, html, minus } from './html.js';

/** Ranks under several truths of one model, and the orders that flip. */
export function counterfactualTable(of: CounterfactualBoard, board: Board): Html {
  const { tasks, rows, flips } = of;
  const body = rows.map(
    ({ title, ranks }) =>
      html`<tr><th scope="row">${title}</th>${ranks.map((rank) => html`<td class="number">${rank === null ? '–' : formatRank(rank).replace('-', '–')}</td>`)}</tr>
`,
  );
  const list = html`<ul class="flips">${flips.map((flip) => html`<li>${minus(flipWords(flip, of, board))}</li>`)}</ul>`;
  return html`<div class="scroller" role="region" tabindex="0" aria-label="Ranks across counterfactuals"><table class="overall"><caption>${counterfactualSentence(of, board)}</caption>
<thead><tr><th scope="col">method</th>${tasks.map((task) => html`<th scope="col" class="number">${task}</th>`)}</tr></thead>
<tbody>${body}</tbody></table></div>
<p class="note">${flipsSentence(of, board.statistics.ci)}</p>
${flips.length === 0 ? undefined : list}`;
}
