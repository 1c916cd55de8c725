import type { TaskView } from '../view/task-view.js';
import { tuningTable } from '../view/tuning.js';
import { type Html, html, minus } from './html.js';

/** What the settings of each method with several came to; which was chosen stands in the ranked table. */
export function tuningSection(view: TaskView): Html | undefined {
  const table = tuningTable(view);
  if (table === undefined) return undefined;
  const { caption, numbers, rows } = table;
  return html`<div class="scroller" role="region" tabindex="0" aria-label="Settings of methods of ${view.task.id}">
<table class="tuning"><caption>${caption}</caption>
<thead><tr><th scope="col">method</th>${numbers.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    (
      row,
    ) => html`<tr><th scope="row">${row.title}</th>${row.numbers.map((text, i) => html`<td data-l="${numbers[i]}">${minus(text)}</td>`)}</tr>
`,
  )}</tbody></table></div>`;
}
