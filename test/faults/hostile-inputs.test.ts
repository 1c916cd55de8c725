import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { bench } from '../e2e/command.js';
import { boardBytes, type GridFolder, gridFolder, smallGrid } from '../e2e/small-grid.js';
import { hostileDataFiles } from './hostile-inputs/data-files.js';
import { hostileGridFiles } from './hostile-inputs/grid-files.js';
import { hostileOutputs } from './hostile-inputs/outputs.js';
import { hostileStandIns } from './hostile-inputs/stand-ins.js';

/**
 * Inputs that nobody should give: each is answered by what names the fault, with the right exit code, and harms nothing
 * that is stored. To add one, add a row to a file in `hostile-inputs/`; see `row.ts` there.
 */
const rows = [...hostileGridFiles, ...hostileDataFiles, ...hostileOutputs, ...hostileStandIns];

let sound: GridFolder;
let board: string;

const runSound = () => bench(['grid', ...sound.flags, '--progress', 'plain'], { cwd: sound.folder });

beforeAll(async () => {
  sound = gridFolder();
  expect(await runSound()).toMatchObject({ code: 0 });
  board = boardBytes(sound);
});

test.each(rows)('$what', async ({ grid = smallGrid, prepare, command = ['grid'], env = {}, says, code = 2 }) => {
  const file = join(sound.folder, 'hostile.yaml');
  rmSync(file, { recursive: true, force: true });
  writeFileSync(file, grid);
  prepare?.(sound.folder);
  const [verb, ...flags] = command;
  const usual = ['--config', 'hostile.yaml', '--results', 'results'];
  const ending = await bench([...verb.split(' '), ...usual, ...flags], { cwd: sound.folder, env });
  expect(ending.stderr).toMatch(says);
  expect(ending.stderr).not.toMatch(/not foreseen|^ {4}at /m);
  expect(ending.code).toBe(code);
  expect(boardBytes(sound)).toBe(board);
});

test('what is stored beside them is as it was: the sound grid has nothing left to do and makes the same board', async () => {
  const again = await runSound();
  expect(again.stderr).toContain('small: 0 steps to do');
  expect(again.code).toBe(0);
  expect(boardBytes(sound)).toBe(board);
});
