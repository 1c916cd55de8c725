import type { BoardRow } from '../board.js';
import type { ExamplePoint, TaskExamples } from '../task-examples.js';
import { type Html, html, trusted } from './html.js';

/** Queries with the training images that each method finds most helpful and most harmful for them. */
export function examplesSection({ pictures, queries }: TaskExamples, rows: readonly BoardRow[]): Html | undefined {
  if (queries.length === 0) return undefined;
  const titles = new Map(rows.map(({ entry, title }) => [entry, title]));
  const picture = (index: number, alt: string, title?: string) =>
    html`<img src="${trusted(pictures[index])}" alt="${alt}"${title === undefined ? undefined : html` title="${title}"`}>`;
  const points = (list: readonly ExamplePoint[]) =>
    list.map((point) => {
      const label = point.label === undefined ? '' : `, label ${point.label}`;
      const alt = `training point ${point.index}${label}, score ${point.score.toPrecision(3)}`;
      return html`<span class="point">${picture(point.picture, alt, alt)}${point.label === undefined ? undefined : html`<small>${point.label}</small>`}</span>`;
    });
  const blocks = queries.map(({ query, source, picture: own, label, methods }) => {
    const name = `query ${query}${label === undefined ? '' : `, label ${label}`}`;
    return html`<div class="example"><div class="query">${picture(own, name)}<p>${name}<br>${source}</p></div>
<div class="scroller" role="region" tabindex="0" aria-label="Attributions of ${name}"><table class="examples"><caption>Training points by score: most helpful and most harmful to ${name}</caption>
<thead><tr><th scope="col">method</th><th scope="col">largest scores</th><th scope="col">smallest scores</th></tr></thead>
<tbody>${methods.map(({ entry, top, bottom }) => html`<tr><th scope="row">${titles.get(entry) ?? entry}</th><td class="points">${points(top)}</td><td class="points">${points(bottom)}</td></tr>`)}</tbody></table></div></div>
`;
  });
  return html`<h3>What methods see</h3><p class="note">Training images with the largest and the smallest scores for a few queries of the report split; a number is a label.</p>
<div class="examples">${blocks}</div>`;
}
