import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bench, temporaryFolder, workspace } from './command.js';

test('a grid with a TypeScript model of the user ends in a board, and so does the same grid again', async () => {
  const folder = temporaryFolder();
  const [grid, results] = [join(folder, 'grid.yaml'), join(folder, 'results')];
  writeFileSync(
    grid,
    `schema: bench/grid@1
name: own
seed: 3
tasks:
  - id: every-layer
    data: { use: digits, train: 60, queries: 6 }
    model: { use: ${join(workspace, 'packages/tasks/examples/every-layer.ts')}, epochs: 2 }
    target: margin
truth: { subsets: 8, fraction: 0.5, retrainSeeds: 1 }
methods: [{ use: random }, { use: grad-dot }, { use: in-run-shapley }]
metrics: [{ use: lds }]
report: { resamples: 100 }
`,
  );
  const board = async (): Promise<string> => {
    const { code, stderr } = await bench(['grid', '--config', grid, '--results', results]);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    return readFileSync(join(results, 'boards', 'own', 'board.json'), 'utf8');
  };
  const first = await board();
  expect(await board()).toBe(first);
}, 180_000);
