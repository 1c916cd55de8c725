import type { Board, BoardCosts } from '../board.js';
import { singleLine } from '../text/display-text.js';
import { escapeMarkup } from '../text/escape-markup.js';
import { shortKey } from '../view/format.js';
import { type Html, html, trusted } from './html.js';

/** How a board is cited: an entry for BibTeX that says which truths its numbers are of. */
export function citeSection(board: Board, costs: BoardCosts | undefined): Html {
  const lines = bibtex(board, costs).map((line) => escapeMarkup(line));
  return html`<details class="cite"><summary>Cite this board</summary><div class="command"><code class="block">${trusted(lines.join('\n'))}</code><button type="button" class="copy">Copy</button></div></details>`;
}

function bibtex({ grid, tasks }: Board, costs: BoardCosts | undefined): string[] {
  const { version, commit, commitDate } = costs?.provenance ?? {};
  const truths = tasks.flatMap(({ id, truth }) => (truth === undefined ? [] : [`${id} ${shortKey(truth.key)}`]));
  const note = [
    ...(typeof version === 'string' ? [`version ${version}`] : []),
    ...(typeof commit === 'string' ? [`commit ${commit}`] : []),
    ...(truths.length === 0 ? [] : [`truths: ${truths.join(', ')}`]),
  ];
  const year = typeof commitDate === 'string' ? commitDate.slice(0, 4) : undefined;
  const field = (name: string, text: string) => `  ${name} = {${inBraces(text)}},`;
  return [
    `@misc{attribution-bench-${grid.replace(/[^\w-]+/g, '-')},`,
    '  author = {{The Attribution Bench contributors}},',
    field('title', `Attribution Bench: the board ${grid}`),
    ...(year === undefined ? [] : [field('year', year)]),
    ...(note.length === 0 ? [] : [field('note', note.join('; '))]),
    '}',
  ];
}

/** Text that BibTeX takes for itself. */
function inBraces(text: string): string {
  return singleLine(text)
    .replace(/[\\{}]/g, ' ')
    .replace(/[&%$#_]/g, '\\$&');
}
