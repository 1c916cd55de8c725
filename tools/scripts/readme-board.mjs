// Usage: readme-board.mjs [--check]
// Puts two tasks of the stored board of digits.yaml into README.md, as a terminal shows them. --check only says whether
// those of the board in git's index are there: a run of the grid writes seconds of its own into the folder.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { renderTerminal } from '@attribution-bench/leaderboard';

const workspace = new URL('../../', import.meta.url);
const folder = 'results/boards/digits';
const checking = process.argv.includes('--check');
const readme = new URL('README.md', workspace);
const [before, after] = ['<!-- board -->\n', '<!-- /board -->'];
const shownTasks = ['digits-mlp', 'digits-ddpm'];

const read = (file) => readFileSync(file, 'utf8');
const stored = (file) =>
  checking
    ? execFileSync('git', ['show', `:./${folder}/${file}`], { cwd: workspace, encoding: 'utf8', maxBuffer: 2 ** 26 })
    : read(new URL(`${folder}/${file}`, workspace));
const board = JSON.parse(stored('board.json'));
const costs = JSON.parse(stored('board-costs.json'));
const text = read(readme);
const start = text.indexOf(before) + before.length;
const end = text.indexOf(after);
const tasks = board.tasks.filter(({ id }) => shownTasks.includes(id));
const shown = renderTerminal({ ...board, tasks, overall: [] }, costs, { width: 120, color: false });
const current = `${text.slice(0, start)}\`\`\`text\n${shown.trimEnd()}\n\`\`\`\n${text.slice(end)}`;

if (!checking) writeFileSync(readme, current);
else if (text !== current) {
  console.error('README.md does not show the board in results/boards/digits: run node tools/scripts/readme-board.mjs');
  process.exitCode = 1;
}
