import { plural } from '@attribution-bench/contract';
import type { Board } from '../board.js';
import type { Marks } from './charts/figure.js';
import { familyGlyph } from './families.js';
import { type Html, html } from './html.js';

/** What is shown of a board: which number, and which methods. */
export function toolbar(board: Pick<Board, 'rows'>, marks: Marks): Html {
  const methods = board.rows.filter(({ kind }) => kind === 'method');
  const present = new Set(methods.map(({ family }) => family));
  const families = [...marks.values()].filter(({ family }) => present.has(family));
  const origins = [...new Set(methods.flatMap(({ origin }) => origin ?? []))].sort();
  const shares = board.rows.some(({ metrics }) => Object.values(metrics).some((value) => value.ofCeiling));
  const chip = (group: string, value: string, label: Html | string) =>
    html`<label class="chip"><input type="checkbox" name="${group}" value="${value}"><span>${label}</span></label>`;
  const group = (title: string, chips: readonly Html[]) =>
    chips.length < 2 ? undefined : html`<fieldset><legend>${title}</legend>${chips}</fieldset>`;
  const choice = (value: string, label: string, checked: boolean) =>
    html`<label class="chip"><input type="radio" name="show" value="${value}"${checked ? html` checked` : undefined}><span>${label}</span></label>`;
  return html`<form class="toolbar" id="filters" aria-label="What is shown">
${shares ? html`<fieldset class="show"><legend>Show</legend>${choice('share', '% of ceiling', true)}${choice('value', 'value', false)}</fieldset>` : undefined}
<details class="filters"><summary>Filter methods</summary><div>
${group(
  'Family',
  families.map((mark) => chip('family', mark.family, html`${familyGlyph(mark)}${mark.family}`)),
)}
${group(
  'Origin',
  origins.map((origin) => chip('origin', origin, origin)),
)}
<label class="find">Name <input type="search" name="method" autocomplete="off" spellcheck="false"></label>
<button type="reset">Clear</button>
</div></details>
<output id="count" aria-live="polite">${plural(new Set(methods.map(({ entry }) => entry)).size, 'method')}</output>
</form>`;
}
