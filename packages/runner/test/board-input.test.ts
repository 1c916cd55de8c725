import { describe, expect, it } from 'vitest';
import { boardInput } from '../src/index.js';
import { temporaryFolder } from './support/folder.js';
import { finishedCopy, grid, plan, small } from './support/run.js';

describe('what a board is made from', () => {
  it('is all there after a run', async () => {
    const board = await boardInput(await plan(await grid(small), await finishedCopy()));
    expect(board.cells.map(({ method, status }) => `${method} ${status}`)).toEqual([
      'random ok',
      'grad-dot ok',
      'same-class ok',
    ]);
    const [task] = board.tasks;
    expect(task.truth).toMatchObject({ subsets: 20, retrainSeeds: 2, queries: 6, train: 40, fraction: 0.5 });
    expect(task.truth?.outputs.length).toBe(20 * 2 * 6);
    expect(task.truth?.members.every((members) => members.length === 20)).toBe(true);
    expect(task.sanity.trainAccuracy).toBeGreaterThan(0.6);
    for (const { metrics, scoresDigest, cost } of board.cells) {
      expect(metrics.lds.report.perQuery?.length).toBe(6);
      expect(metrics.lds.report.predictions?.length).toBe(20 * 6);
      expect(metrics.lds.tune).toBeUndefined();
      expect(scoresDigest).toMatch(/^[0-9a-f]{64}$/);
      expect(cost?.peakRssBytes).toBeGreaterThan(1e6);
    }
    expect(board.cells.map(({ cost }) => cost?.retrainings)).toEqual([0, 1, 0]);
    expect(board.cells.map(({ notes }) => notes)).toEqual([undefined, undefined, ['a match counts 1']]);
  });

  it('marks cells that their method calls adapted', async () => {
    const adam = small.replace('epochs: 10', 'epochs: 10, optimizer: adam');
    for (const [text, expected] of [
      [small, undefined],
      [adam, 'made for SGD'],
    ] as const) {
      const { cells } = await boardInput(await plan(await grid(text), temporaryFolder()));
      expect(cells.map(({ adaptation }) => adaptation)).toEqual([undefined, undefined, expected]);
    }
  });
});
