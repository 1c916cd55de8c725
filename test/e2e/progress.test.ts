import { expect, test } from 'vitest';
import { startProgram, workspace } from './command.js';
import { gridFolder, smallGrid } from './small-grid.js';

const command = `${workspace}/packages/bench/bin/bench.js`;
const grid = smallGrid.replace('subsets: 32', 'subsets: 8').replace('select: { by: lds, tuneFraction: 0.25 }', '');

/** Whether there is the `script` of util-linux, which runs a command on a terminal of its own. */
const hasTerminal = process.platform === 'linux';

test.skipIf(!hasTerminal)(
  'on a terminal of 60 columns a grid is watched in place, and its board says what is hidden',
  async () => {
    const { folder, flags } = gridFolder(grid);
    const line = [process.execPath, command, 'grid', ...flags].map((word) => `'${word}'`).join(' ');
    const { code, stdout } = await startProgram('script', ['-qec', `stty cols 60 rows 24; ${line}`, '/dev/null'], {
      cwd: folder,
      env: { TERM: 'xterm', CI: undefined, NO_COLOR: '1' },
    }).ending;
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/small: \d+ steps to do, \d+ stored already, \d+ workers?\r\n/);
    expect(stdout).toMatch(
      / {4} +models +truth +methods +metrics\r\ntiny +\d+\/\d+ +\d+\/\d+ +\d+\/\d+ +\d+\/\d+\r\nat {5}\w/,
    );
    expect(stdout).toContain('\u001b[1A\u001b[2K');
    expect(stdout).not.toContain('\u001b[1m');
    expect(stdout).toContain('Hidden at 60 columns: ');
  },
);
