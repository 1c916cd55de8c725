import { describe, expect, it } from 'vitest';
import type { BoardInput } from '../src/board-input.js';
import { makeBoard, makeCosts, renderMarkdown, renderPage, renderTerminal } from '../src/index.js';
import { simulatedGrid } from './simulated-grid.js';

/** A method that retrains, of so much noise, beside a far worse and a good one that do not; training costs 2 and 90 seconds. */
function grid(noise: number, untold: readonly string[] = []): BoardInput {
  const input = simulatedGrid({
    seed: 7,
    train: 60,
    subsets: 40,
    queries: 20,
    methods: [
      { id: 'banzhaf', title: 'Data Banzhaf', family: 'retraining', noise },
      { id: 'good', title: 'Good', noise: 1 },
      { id: 'bad', title: 'Bad', noise: 6 },
    ],
  });
  const retrains = (id: string) => id === 'banzhaf';
  return {
    ...input,
    methods: input.methods.map((method) => ({ ...method, needs: retrains(method.id) ? ['subsets'] : ['gradients'] })),
    cells: input.cells.map((cell) => ({
      ...cell,
      cost: {
        ...{ fitSeconds: 1, scoreSeconds: 0.25, peakRssBytes: 2 ** 20, retrainings: retrains(cell.method) ? 128 : 1 },
        ...(!untold.includes(cell.method) && {
          training: [{ step: cell.method, seconds: retrains(cell.method) ? 90 : 2 }],
        }),
      },
    })),
  };
}

async function shown(input: BoardInput) {
  const [board, costs] = [makeBoard(input), makeCosts(input)];
  const [markdown, page] = [renderMarkdown(board, costs), await renderPage(board, costs)];
  const terminal = renderTerminal(board, costs, { width: 300, color: false });
  const caption = page.slice(page.indexOf('Nothing is both better')).split('</figcaption>')[0];
  return { markdown, terminal, caption, chart: /<div class="drawing">([\s\S]*?)<\/div>/.exec(page)?.[1] ?? '' };
}

describe('what retraining buys', () => {
  it.each([
    [6, 'worse than the best without, Good'],
    [0.1, 'better than the best without, Good'],
    [1, 'statistically tied with the best without, Good'],
  ])('is said with all that was paid, at noise %d: %s', async (noise, words) => {
    const { markdown, terminal, caption } = await shown(grid(noise));
    for (const text of [markdown, terminal, caption]) {
      expect(text).toMatch(/Best of the methods that retrain: Data Banzhaf \(0\.\d{3} in 91\.3 s and 128 models\), /);
      expect(text).toContain(words);
      expect(text).toMatch(/Good \(0\.\d{3} in 3\.25 s and 1 model\)\./);
    }
    expect(markdown).toMatch(/\| Data Banzhaf \|.*\| 1\.00 s \| 0\.25 s \| 90\.0 s \|/);
  });

  it('is seen in the plot: total seconds, and hollow marks for what retrains', async () => {
    const { chart, caption } = await shown(grid(1));
    expect(chart).toContain('seconds to train its models, fit and score');
    expect(chart).toMatch(
      /aria-label="Data Banzhaf: 0\.\d{3} \[[^\]]*\] in 91\.3 s"><path[^>]*><g [^>]*fill="var\(--card\)"/,
    );
    expect(chart).toMatch(/aria-label="Good: 0\.\d{3} \[[^\]]*\] in 3\.25 s"><path[^>]*><g [^>]*fill="var\(--f0\)"/);
    expect(caption).toContain('Hollow marks are methods that retrain');
  });

  it('is left open for methods of which the training is not known, which are not drawn as if it were free', async () => {
    const { chart, caption, terminal } = await shown(grid(1, ['banzhaf']));
    expect(chart).not.toContain('Data Banzhaf');
    expect(caption).toContain('Methods of which the training is not known are left out.');
    expect(terminal).not.toContain('Best of the methods that retrain');
  });
});
