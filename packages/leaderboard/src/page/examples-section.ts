import type { BoardRow } from '../board.js';
import type { ExamplePoint, TaskExamples } from '../task-examples.js';
import { type Html, html } from './html.js';
import type { Pictures } from './pictures.js';

/** Points at either end of the scores of a query. */
const mostPoints = 5;

/** Queries with the training images that each method finds most helpful and most harmful for them. */
export function examplesSection(
  { queries }: TaskExamples,
  pictures: Pictures,
  rows: readonly BoardRow[],
): Html | undefined {
  if (queries.length === 0) return undefined;
  const known = new Map(rows.map((row) => [row.entry, row]));
  const points = (list: readonly ExamplePoint[]) =>
    list.slice(0, mostPoints).map((point) => {
      const { label } = point;
      const words = `training point ${point.index}${label === undefined ? '' : `, class ${label}`}, score ${point.score.toPrecision(3)}`;
      return html`<span class="point">${pictures.show(point.picture, words)}${label === undefined ? undefined : html`<small>${label}</small>`}</span>`;
    });
  const blocks = queries.map(({ query, source, picture: own, label, methods }) => {
    const name = `query ${query}${label === undefined ? '' : `, class ${label}`}`;
    return html`<div class="example"><div class="query">${pictures.show(own, name)}<p>${name}<br>${source}</p></div>
<div class="scroller" role="region" tabindex="0" aria-label="Attributions of ${name}"><table class="examples"><caption>Training points by score: most helpful and most harmful to ${name}</caption>
<thead><tr><th scope="col">method</th><th scope="col">largest scores</th><th scope="col">smallest scores</th></tr></thead>
<tbody>${methods.map(({ entry, top, bottom }) => {
      const { title = entry, family = '', origin = '' } = known.get(entry) ?? {};
      return html`<tr data-family="${family}" data-origin="${origin}" data-name="${title} ${entry}"><th scope="row">${title}</th><td class="points" data-l="largest scores">${points(top)}</td><td class="points" data-l="smallest scores">${points(bottom)}</td></tr>`;
    })}</tbody></table></div></div>
`;
  });
  return html`<p class="note">Training images with the largest and the smallest scores for a few queries of the report split; below each its class.</p>
<div class="examples">${blocks}</div>`;
}
