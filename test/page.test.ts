import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Board,
  type BoardCosts,
  compareBoards,
  makeBoard,
  makeCosts,
  renderComparisonPage,
  renderCsv,
  renderIndex,
  renderPage,
} from '@attribution-bench/leaderboard';
import axe from 'axe-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleGrid } from '../packages/leaderboard/test/example-grid.js';
import { chromium, openBrowser, type Page } from './e2e/browser.js';
import { temporaryFolder } from './e2e/command.js';

const without = chromium === undefined ? ' (skipped: no Chromium is installed; set CHROMIUM to its command)' : '';

describe.skipIf(chromium === undefined)(`a board's page in Chromium${without}`, () => {
  let page: Page;
  let board: Board;
  let costs: BoardCosts;
  let url: string;
  beforeAll(async () => {
    const input = await exampleGrid();
    board = makeBoard(input);
    costs = makeCosts(input);
    const file = join(temporaryFolder(), 'index.html');
    writeFileSync(file, await renderPage(board, costs));
    url = pathToFileURL(file).href;
    page = await openBrowser(chromium ?? '');
    await page.open(url);
  });
  afterAll(() => page.close());

  const titles = (task: string) =>
    page.evaluate<string[]>(
      `[...document.querySelectorAll('section[data-task="${task}"] .board tbody:not([hidden]) .title')].map((e) => e.textContent)`,
    );
  const sortBy = (column: string) =>
    page.evaluate(`document.querySelector('th[data-column="${column}"] .sort').click()`);

  test('loads from disk without an error, a warning or a request', () => {
    expect(page.complaints).toEqual([]);
    expect(page.requests.filter((request) => !request.startsWith('data:'))).toEqual([url]);
  });

  test('sorts by a column, either way, and keeps the ceiling and random in their places', async () => {
    const ranked = await titles('digits-mlp');
    await sortBy('cost');
    await sortBy('method');
    const byName = await titles('digits-mlp');
    expect(byName).not.toEqual(ranked);
    expect([byName[0], byName.at(-1)]).toEqual([ranked[0], ranked.at(-1)]);
    const methods = byName.slice(1, -1);
    expect(methods).toEqual([...methods].sort((a, b) => a.localeCompare(b)));
    expect(await page.evaluate(`document.querySelector('th[data-column="method"]').getAttribute('aria-sort')`)).toBe(
      'ascending',
    );
    await sortBy('method');
    expect((await titles('digits-mlp')).slice(1, -1)).toEqual([...methods].reverse());
    await sortBy('rank');
    expect(await titles('digits-mlp')).toEqual(ranked);
  });

  test('sorts from the keyboard', async () => {
    await page.evaluate(`document.querySelector('th[data-column="method"] .sort').focus()`);
    await page.press('Enter');
    expect(await page.evaluate(`document.querySelector('th[data-column="method"]').getAttribute('aria-sort')`)).toBe(
      'ascending',
    );
    await sortBy('rank');
  });

  test('filters, keeps its state in the address, and takes it from there', async () => {
    const all = await titles('digits-mlp');
    await page.evaluate(`document.querySelector('input[name="family"][value="influence"]').click()`);
    const filtered = await titles('digits-mlp');
    expect(filtered.length).toBeLessThan(all.length);
    expect(filtered).toContain('Influence functions');
    expect(filtered).not.toContain('TracIn');
    await page.evaluate(`document.querySelector('.tabs a[data-task="digits-mlp"]').click()`);
    const state = await page.evaluate<string>('location.hash');
    expect(state).toBe('#task=digits-mlp&family=influence');
    await page.open('about:blank');
    await page.open(`${url}${state}&sort=method.down`);
    expect(await titles('digits-mlp')).toEqual(filtered);
    // The page answers in a timer, which fires before one that is set later.
    await page.evaluate(`(() => {
      document.querySelector('#filters [type="reset"]').click();
      return new Promise((resolve) => setTimeout(resolve));
    })()`);
    expect(await titles('digits-mlp')).toEqual(all);
    expect(await page.evaluate('location.hash')).toBe('#task=digits-mlp');
  });

  test('shows one task at a time, changes it from the keyboard, and opens at the row of a link', async () => {
    const shown = () =>
      page.evaluate<string[]>(
        `[...document.querySelectorAll('section.task')].filter((e) => e.offsetHeight > 0).map((e) => e.dataset.task)`,
      );
    await page.evaluate(`document.querySelector('.tabs [aria-selected="true"]').focus()`);
    await page.press('ArrowRight');
    expect(await shown()).toEqual(['digits-ddpm']);
    await page.open('about:blank');
    await page.open(`${url}#row=digits-mlp%2Ftracin`);
    expect(await shown()).toEqual(['digits-mlp']);
    expect(await page.evaluate(`document.querySelector('.entry.target .title').textContent`)).toBe('TracIn');
    await page.evaluate(`document.querySelector('.matrix td.best a[href^="#row=digits-ddpm"]').click()`);
    expect(await shown()).toEqual(['digits-ddpm']);
    await page.open(url);
  });

  test('shows values in place of shares, and filters the first screen', async () => {
    const seen = (selector: string) =>
      page.evaluate<number>(
        `[...document.querySelectorAll('${selector}')].filter((e) => e.getClientRects().length > 0).length`,
      );
    const shares = await seen('.matrix td .s');
    expect([shares > 0, await seen('.matrix .s ~ .v')]).toEqual([true, 0]);
    await page.evaluate(`document.querySelector('input[name="show"][value="value"]').click()`);
    expect(await page.evaluate('location.hash')).toContain('show=value');
    // The ceiling is shown too: of shares it is always 100.
    expect([await seen('.matrix td .s'), (await seen('.matrix .s ~ .v')) > shares]).toEqual([0, true]);
    await page.evaluate(`document.querySelector('input[name="show"][value="share"]').click()`);
    const rows = await seen('.matrix tr.method');
    await page.evaluate(`document.querySelector('input[name="family"][value="influence"]').click()`);
    expect(await seen('.matrix tr.method')).toBeLessThan(rows);
    await page.evaluate(`document.querySelector('input[name="family"][value="influence"]').click()`);
  });

  test('opens what is behind a row, with its command', async () => {
    const shown = await page.evaluate<string>(`(() => {
      const button = document.querySelector('section[data-task="digits-mlp"] tbody[data-name="TRAK trak"] .expand');
      button.click();
      const row = document.getElementById(button.getAttribute('aria-controls'));
      return row.hidden ? '' : row.querySelector('code').textContent + button.getAttribute('aria-expanded');
    })()`);
    expect(shown).toBe("npx bench grid --config example.yaml --only 'digits-mlp/trak'true");
  });

  test('downloads the table, the data and a chart', async () => {
    const download = async (selector: string, name: string) => {
      await page.evaluate(`document.querySelector('${selector}').click()`);
      await expect.poll(() => existsSync(join(page.downloads, name)), { timeout: 10_000 }).toBe(true);
      return readFileSync(join(page.downloads, name), 'utf8');
    };
    expect(await download('[data-save="csv"]', 'example.csv')).toBe(renderCsv(board, costs));
    expect(JSON.parse(await download('[data-save="json"]', 'example.json'))).toEqual(JSON.parse(JSON.stringify(board)));
    const chart = await download('[data-save="svg"]', 'digits-mlp-cost.svg');
    expect(chart).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(chart).not.toContain('var(');
  });

  test('changes between light and dark', async () => {
    const paper = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const before = await paper();
    await page.evaluate(`document.getElementById('theme').click()`);
    expect(await paper()).not.toBe(before);
  });

  test('fits a phone: nothing wider than it, targets of touch that fingers hit, text that can be read', async () => {
    const phone = await openBrowser(chromium ?? '', { width: 390, height: 844 });
    try {
      await phone.open(url);
      await phone.evaluate(`document.querySelectorAll('details').forEach((fold) => { fold.open = true; })`);
      expect(await phone.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
      const small = await phone.evaluate<
        string[]
      >(`[...document.querySelectorAll('a, button, summary, .chip span, input[type="search"]')]
        .filter((e) => !e.closest('p, dd, .skip') && e.getClientRects().length > 0)
        .filter((e) => e.getBoundingClientRect().height < 40)
        .map((e) => e.outerHTML.slice(0, 100))`);
      expect(small).toEqual([]);
      const text = await phone.evaluate<number>(`Math.min(...[...document.querySelectorAll('.chart svg')]
        .filter((e) => e.getClientRects().length > 0)
        .map((e) => (12 * e.getBoundingClientRect().width) / e.viewBox.baseVal.width))`);
      expect(text).toBeGreaterThanOrEqual(10);
      expect(phone.complaints).toEqual([]);
    } finally {
      await phone.close();
    }
  });

  test('has charts whose names do not cover each other and stay inside', async () => {
    const bad = await page.evaluate<string[]>(`[...document.querySelectorAll('.chart svg')].flatMap((svg) => {
      const { width, height } = svg.viewBox.baseVal;
      const boxes = [...svg.querySelectorAll('text')].map((e) => ({ name: e.textContent, box: e.getBBox() }));
      const outside = boxes.filter(({ box }) => box.x < 0 || box.y < 0 || box.x + box.width > width || box.y + box.height > height);
      // Lines of text that follow each other share a little of their boxes, not of their letters.
      const covered = boxes.filter((a, i) => boxes.some((b, j) => j < i &&
        a.box.x < b.box.x + b.box.width && b.box.x < a.box.x + a.box.width &&
        a.box.y + 2 < b.box.y + b.box.height && b.box.y + 2 < a.box.y + a.box.height));
      return [...outside, ...covered].map(({ name }) => svg.getAttribute('aria-label') + ': ' + name);
    })`);
    expect(bad).toEqual([]);
  });

  test.each(['light', 'dark'])('has nothing that axe finds against the guidelines for access, %s', async (theme) => {
    await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
    expect(await violations(page)).toEqual([]);
  });

  test('the index over boards and a comparison of two fit a phone, and axe finds nothing in them', async () => {
    const folder = temporaryFolder();
    const other = { ...board, rows: board.rows.filter(({ entry }) => entry !== 'tracin') };
    const pages = {
      index: renderIndex([
        { folder: 'first', board, costs },
        { folder: 'second', board: other },
      ]),
      compared: renderComparisonPage(
        compareBoards({ name: 'first', board, costs }, { name: 'second', board: simulatedBoard(board) }),
      ),
    };
    for (const [name, text] of Object.entries(pages)) {
      const file = join(folder, `${name}.html`);
      writeFileSync(file, text);
      const phone = await openBrowser(chromium ?? '', { width: 390, height: 844 });
      try {
        await phone.open(pathToFileURL(file).href);
        expect(await phone.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(390);
        for (const theme of ['light', 'dark']) {
          await phone.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
          expect(await violations(phone), `${name}, ${theme}`).toEqual([]);
        }
        expect(phone.complaints).toEqual([]);
      } finally {
        await phone.close();
      }
    }
  });
});

/** What axe finds against the guidelines for access, with everything unfolded. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(`document.querySelectorAll('details').forEach((fold) => { fold.open = true; })`);
  await page.evaluate(axe.source);
  return await page.evaluate<
    string[]
  >(`axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 160) + failureSummary)))`);
}

/** The same board with every value changed, some by more than noise. */
function simulatedBoard(board: Board): Board {
  const moved = (i: number) => (i % 3) * 0.1 - 0.1;
  return {
    ...board,
    gridSeed: board.gridSeed + 1,
    rows: board.rows.map((row, i) => ({
      ...row,
      metrics: Object.fromEntries(
        Object.entries(row.metrics).map(([id, value]) => {
          const [at, low, high] = [value.value, value.low, value.high].map((number) => number + moved(i));
          return [id, { ...value, value: at, low, high }];
        }),
      ),
    })),
  };
}
