import { doubtsOf } from '../../view/doubts.js';
import type { TaskView } from '../../view/task-view.js';
import { type Html, html } from '../html.js';

/** More reasons than this are folded away. */
const mostOpen = 3;

/** Why a board should not be believed as it stands; undefined where nothing speaks against it. */
export function banner(views: readonly TaskView[]): Html | undefined {
  const doubts = views.flatMap(doubtsOf);
  if (doubts.length === 0) return undefined;
  const item = (doubt: string) => html`<li>${doubt}.</li>`;
  const rest = doubts.slice(mostOpen);
  return html`<aside class="doubts" aria-label="Reasons for doubt"><strong>Do not rely on this board as it stands.</strong>
<ul>${doubts.slice(0, mostOpen).map(item)}</ul>${rest.length === 0 ? undefined : html`<details><summary>${rest.length} more</summary><ul>${rest.map(item)}</ul></details>`}</aside>`;
}
