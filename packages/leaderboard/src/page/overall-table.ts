import type { OverallBoard } from '../board.js';
import { formatShare, formatShares } from '../view/format.js';
import { overallSentence } from '../view/overall-sentences.js';
import { type Html, html, minus } from './html.js';

/** Shares of the ceiling over tasks. */
export function overallTable(overall: OverallBoard, level: number): Html {
  const { tasks, datasets, rows } = overall;
  const withMeans = rows.some(({ mean }) => mean !== undefined);
  const body = rows.map(({ title, shares, mean }) => {
    const means = html`<td class="number"><span class="value">${mean && minus(formatShare(mean.value))}</span></td><td class="number interval">${mean && minus(formatShares(mean))}</td>`;
    return html`<tr><th scope="row">${title}</th>${withMeans ? means : undefined}${shares.map((share) => html`<td class="number">${share === null ? '–' : minus(formatShare(share))}</td>`)}</tr>
`;
  });
  const headings = html`<th scope="col" class="number">mean</th><th scope="col" class="number">interval</th>`;
  return html`<div class="scroller" role="region" tabindex="0" aria-label="Shares of the ceiling"><table class="overall"><caption>${overallSentence(overall, level)}</caption>
<thead><tr><th scope="col">method</th>${withMeans ? headings : undefined}${tasks.map((task, i) => html`<th scope="col" class="number"><abbr title="data set: ${datasets[i]}">${task}</abbr></th>`)}</tr></thead>
<tbody>${body}</tbody></table></div>`;
}
