// Usage: readme-board.mjs [--check]
// Puts a picture of the first screen of the stored board of digits.yaml into README.md, in light and in dark: what Chromium
// (CHROMIUM names its command) shows of the board's page. --check only says whether the README's picture is of the board in
// git's index.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { renderPage } from '@attribution-bench/leaderboard';

const workspace = new URL('../../', import.meta.url);
const folder = 'results/boards/digits';
const pictures = 'docs/pictures';
const checking = process.argv.includes('--check');
const readme = new URL('README.md', workspace);
const [before, after] = ['<!-- board -->\n', '<!-- /board -->'];
const size = { width: 1100, height: 830 };

const stored = checking
  ? execFileSync('git', ['show', `:./${folder}/board.json`], { cwd: workspace, encoding: 'utf8', maxBuffer: 2 ** 26 })
  : readFileSync(new URL(`${folder}/board.json`, workspace), 'utf8');
const hash = createHash('sha256').update(stored).digest('hex');
const text = readFileSync(readme, 'utf8');
const start = text.indexOf(before) + before.length;
const end = text.indexOf(after);
const picture = (theme) => `./${pictures}/board-${theme}.png`;
const shown = `<!-- of the board.json whose SHA-256 begins with ${hash.slice(0, 12)} -->
<picture>
  <source media="(prefers-color-scheme: dark)" srcset="${picture('dark')}">
  <img src="${picture('light')}" width="${size.width}" alt="The first screen of a board: methods down, tasks across, each cell the share of the noise ceiling that a method reaches with its interval; the best method of each task and those statistically tied with it are marked.">
</picture>
`;
const current = `${text.slice(0, start)}${shown}${text.slice(end)}`;

if (!checking) {
  const board = JSON.parse(stored);
  const costs = JSON.parse(readFileSync(new URL(`${folder}/board-costs.json`, workspace), 'utf8'));
  const page = await renderPage(board, costs);
  const scratch = mkdtempSync(join(tmpdir(), 'readme-board-'));
  try {
    for (const theme of ['light', 'dark']) {
      const file = join(scratch, `${theme}.html`);
      writeFileSync(file, page.replace('<html lang="en">', `<html lang="en" data-theme="${theme}">`));
      execFileSync(
        process.env.CHROMIUM ?? 'chromium',
        [
          ...[
            '--headless=new',
            '--no-sandbox',
            '--disable-gpu',
            '--hide-scrollbars',
            '--force-device-scale-factor=1.5',
          ],
          `--user-data-dir=${join(scratch, 'profile')}`,
          `--window-size=${size.width},${size.height}`,
          `--screenshot=${fileURLToPath(new URL(picture(theme), workspace))}`,
          pathToFileURL(file).href,
        ],
        { stdio: 'ignore' },
      );
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
  writeFileSync(readme, current);
} else if (text !== current || !['light', 'dark'].every((theme) => existsSync(new URL(picture(theme), workspace)))) {
  console.error('README.md does not show the board in results/boards/digits: run node tools/scripts/readme-board.mjs');
  process.exitCode = 1;
}
