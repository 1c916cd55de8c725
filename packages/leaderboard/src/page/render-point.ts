import type { CellInfluence, PointInfluence, ScoredPoint, ShownPoint } from '../point-influence.js';
import { type Html, html, trusted } from './html.js';
import { pageFrame, themeButton } from './page-frame.js';

/**
 * The page of a point: what it is and who influences it, by every method.
 * @param pictureUrl a `data:` URL of an image of the shape that the influence names
 */
export function renderPoint(
  influence: PointInfluence,
  pictureUrl: (pixels: Uint8Array, shape: NonNullable<PointInfluence['imageShape']>) => string,
): string {
  const { task, target, point, imageShape, cells } = influence;
  const picture = ({ pixels }: ShownPoint, alt: string): Html | undefined =>
    pixels && imageShape && html`<img src="${trusted(pictureUrl(pixels, imageShape))}" alt="${alt}" title="${alt}">`;
  const other = (shown: ScoredPoint) => {
    const name = `${nameOf(shown)}, score ${short(shown.score)}`;
    return html`<span class="point">${picture(shown, name) ?? html`${nameOf(shown)}`}<small>${short(shown.score)}</small></span>`;
  };
  const row = ({ title, cell, largest, smallest, global }: CellInfluence) =>
    html`<tr><th scope="row">${title}<br><small>${cell}</small></th>${
      global === undefined
        ? html`<td class="points">${largest.map(other)}</td><td class="points">${smallest.map(other)}</td>`
        : html`<td colspan="2">one score for all queries: ${global.score.toPrecision(3)}, number ${global.place} of ${global.of} from the largest</td>`
    }</tr>`;
  const [more, less] =
    point.side === 'query'
      ? [`raise the ${target} most`, `lower the ${target} most`]
      : [`queries whose ${target} it raises most`, `queries whose ${target} it lowers most`];
  const name = nameOf(point);
  return pageFrame(
    `${task}: ${name}`,
    html`<header><h1>${task}: ${name}</h1>${themeButton}</header>
<main id="content"><div class="examples"><div class="example"><div class="query">${picture(point, name)}<p>${name}<br>${point.source}</p></div>
<div class="scroller" role="region" tabindex="0" aria-label="Scores of ${name}"><table class="examples"><caption>${point.side === 'query' ? 'Training points' : 'Queries'} with the largest and the smallest scores, by method</caption>
<thead><tr><th scope="col">method</th><th scope="col">${more}</th><th scope="col">${less}</th></tr></thead>
<tbody>${cells.map(row)}</tbody></table></div></div></div></main>`,
  );
}

/** Three digits in as many characters as a picture is wide. */
function short(score: number): string {
  return score !== 0 && Math.abs(score) < 1e-3 ? score.toExponential(1) : score.toPrecision(3);
}

function nameOf({ side, index, label, flipped }: ShownPoint): string {
  const role = side === 'train' ? 'training point' : 'query';
  return `${role} ${index}${label === undefined ? '' : `, class ${label}`}${flipped === true ? ' (changed by label noise)' : ''}`;
}
