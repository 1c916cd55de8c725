import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bench } from './command.js';
import { gridFolder, smallGrid } from './small-grid.js';

/** A second task whose data only the network has. */
const farTask = `  - id: far
    data: { use: cifar10, train: 100, queries: 10 }
    model: { use: mlp, hidden: [4], epochs: 1 }
truth:`;

test('report and gc download nothing and need nothing of what was never computed', async () => {
  const { folder, results, flags } = gridFolder(smallGrid.replace('truth:', farTask));
  const env = { XDG_CACHE_HOME: join(folder, 'cache') };
  const run = (...args: string[]) => bench(args, { cwd: folder, env });

  const nothing = await run('report', 'grid.yaml', '--results', 'elsewhere');
  expect(nothing.stderr).toMatch(
    /^error: grid.yaml has no results in .*elsewhere, bench grid grid.yaml computes them\n$/,
  );
  expect(nothing.code).toBe(2);
  expect(existsSync(join(folder, 'elsewhere'))).toBe(false);

  const grid = await run('grid', ...flags, '--only', 'tiny/*', '--progress', 'none');
  expect(grid.code, grid.stderr).toBe(0);
  const report = await run('report', ...flags);
  expect(report).toMatchObject({ code: 0, stdout: grid.stdout });
  expect(report.stderr).toMatch(/^far is not on the board: cifar10 found no .*\nboard written to .*\n$/);

  const kept = await run('gc', '--keep', 'grid.yaml', '--results', results);
  expect(kept).toMatchObject({ code: 0, stderr: '' });
  expect(kept.stdout).toMatch(/^not needed: 0 files, 0 B; needed: [1-9]\d* files\n$/);

  // What can no longer be planned and has results is not called garbage.
  const arrays = '{ use: arrays, path: gone, train: 100, queries: 10 }';
  writeFileSync(join(folder, 'gone.yaml'), smallGrid.replace(/data: .*/, `data: ${arrays}`));
  const refused = await run('gc', '--keep', 'gone.yaml', '--results', results, '--remove');
  expect(refused.stderr).toMatch(
    /^error: task "tiny" cannot be planned, so that what is needed of its results is not known: /,
  );
  expect(refused.code).toBe(2);
  expect(await run('report', ...flags)).toMatchObject({ code: 0, stdout: grid.stdout });
});
