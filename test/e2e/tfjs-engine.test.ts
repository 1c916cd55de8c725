import { expect, test } from 'vitest';
import { bench } from './command.js';
import { boardBytes, type GridFolder, gridFolder, smallGrid } from './small-grid.js';

const { stdout: machine } = await bench(['doctor']);
const available = /^ok +tfjs-node/m.test(machine);
const grid = smallGrid.replace('subsets: 32', 'subsets: 8').replace('retrainSeeds: 2', 'retrainSeeds: 1');

interface Row {
  readonly entry: string;
  readonly metrics: { readonly lds: { readonly value: number } };
}

const correlations = (folder: GridFolder): Map<string, number> => {
  const { rows } = JSON.parse(boardBytes(folder)) as { rows: Row[] };
  return new Map(rows.map(({ entry, metrics }) => [entry, metrics.lds.value]));
};

test.skipIf(!available)(
  'tfjs-node runs a grid in workers, silently, to the numbers of compiled graphs',
  async () => {
    const run = async (...flags: string[]) => {
      const folder = gridFolder(grid);
      const args = ['grid', ...folder.flags, '--progress', 'none', '--jobs', '2', ...flags];
      const { code, stderr } = await bench(args, { cwd: folder.folder });
      expect(code).toBe(0);
      return { numbers: correlations(folder), stderr };
    };
    const compiled = await run();
    const native = await run('--engine', 'tfjs');
    expect(native.stderr).not.toMatch(/tensorflow|cpu_feature|AVX/i);
    expect([...native.numbers.keys()].sort()).toEqual([...compiled.numbers.keys()].sort());
    for (const [entry, value] of compiled.numbers)
      expect(Math.abs((native.numbers.get(entry) ?? Number.NaN) - value)).toBeLessThan(0.01);
  },
  180_000,
);
