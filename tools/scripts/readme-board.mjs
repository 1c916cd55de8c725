// Usage: readme-board.mjs [--check]
// Puts two tasks of the stored board of digits.yaml into README.md, as a terminal shows them; --check only says whether
// they are there.
import { readFileSync, writeFileSync } from 'node:fs';
import { renderTerminal } from '@attribution-bench/leaderboard';

const workspace = new URL('../../', import.meta.url);
const folder = new URL('results/boards/digits/', workspace);
const readme = new URL('README.md', workspace);
const [before, after] = ['<!-- board -->\n', '<!-- /board -->'];
const shownTasks = ['digits-mlp', 'digits-ddpm'];

const read = (file) => readFileSync(file, 'utf8');
const board = JSON.parse(read(new URL('board.json', folder)));
const costs = JSON.parse(read(new URL('board-costs.json', folder)));
const text = read(readme);
const start = text.indexOf(before) + before.length;
const end = text.indexOf(after);
const tasks = board.tasks.filter(({ id }) => shownTasks.includes(id));
const shown = renderTerminal({ ...board, tasks, overall: [] }, costs, { width: 120, color: false });
const current = `${text.slice(0, start)}\`\`\`text\n${shown.trimEnd()}\n\`\`\`\n${text.slice(end)}`;

if (!process.argv.includes('--check')) writeFileSync(readme, current);
else if (text !== current) {
  console.error('README.md does not show the board in results/boards/digits: run node tools/scripts/readme-board.mjs');
  process.exitCode = 1;
}
