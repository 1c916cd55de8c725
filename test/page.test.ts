import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Board,
  type BoardCosts,
  makeBoard,
  makeCosts,
  renderCsv,
  renderPage,
} from '@attribution-bench/leaderboard';
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
    await sortBy('fit');
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
    await page.evaluate(`document.querySelector('input[name="task"][value="digits-mlp"]').click()`);
    const state = await page.evaluate<string>('location.hash');
    expect(state).toBe('#task=digits-mlp&family=influence');
    await page.open('about:blank');
    await page.open(`${url}${state}&sort=method.down`);
    expect(await titles('digits-mlp')).toEqual(filtered);
    expect(await page.evaluate(`document.querySelector('section[data-task="digits-ddpm"]').hidden`)).toBe(true);
    // The page answers in a timer, which fires before one that is set later.
    await page.evaluate(`(() => {
      document.querySelector('#filters [type="reset"]').click();
      return new Promise((resolve) => setTimeout(resolve));
    })()`);
    expect(await titles('digits-mlp')).toEqual(all);
    expect(await page.evaluate('location.hash')).toBe('');
  });

  test('opens what is behind a row, with its command', async () => {
    const shown = await page.evaluate<string>(`(() => {
      const button = document.querySelector('tbody[data-name="TRAK trak"] .expand');
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

  test('fits a phone', async () => {
    const phone = await openBrowser(chromium ?? '', { width: 390, height: 844 });
    try {
      await phone.open(url);
      expect(await phone.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
      expect(phone.complaints).toEqual([]);
    } finally {
      await phone.close();
    }
  });

  test('has text with enough contrast, in light and in dark', async () => {
    for (const theme of ['light', 'dark']) {
      await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
      const ratios = await page.evaluate<Record<string, number>>(`(() => {
        const style = getComputedStyle(document.documentElement);
        const luminance = (name) => {
          const hex = style.getPropertyValue(name).trim();
          const parts = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
          const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ratio = (a, b) => {
          const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
          return (high + 0.05) / (low + 0.05);
        };
        const pairs = [['--ink', '--paper'], ['--muted', '--paper'], ['--muted', '--band'], ['--muted', '--hover'], ['--accent', '--paper'], ['--warn', '--warn-band'], ['--bad', '--bad-band']];
        return Object.fromEntries(pairs.map(([a, b]) => [a + ' on ' + b, ratio(a, b)]));
      })()`);
      for (const [pair, ratio] of Object.entries(ratios))
        expect(ratio, `${pair}, ${theme}`).toBeGreaterThanOrEqual(4.5);
    }
  });
});
