import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { BenchError, didYouMean } from '@attribution-bench/contract';
import { type BoardSource, readBoard, readCosts } from '@attribution-bench/leaderboard';
import { readRegularFile } from '@attribution-bench/store';

/** A board with the folder that its files are in. */
export interface StoredBoard extends BoardSource {
  readonly folder: string;
}

/**
 * The board that somebody names: a board.json, a folder with one, or a grid that has a board in the results folder.
 * @throws BenchError BOARD_NOT_FOUND, or BOARD_INVALID when it is no whole board of this version
 */
export async function namedBoard(name: string, resultsFolder: string): Promise<StoredBoard> {
  const boards = join(resultsFolder, 'boards');
  const candidates = [resolve(name), join(resolve(name), 'board.json'), join(boards, name, 'board.json')];
  for (const file of candidates) if (await isFile(file)) return await boardIn(file, name);
  const known = await boardNames(boards);
  throw new BenchError({
    code: 'BOARD_NOT_FOUND',
    place: name,
    message: `is no board: looked for ${candidates.join(', ')}`,
    next: didYouMean(
      name,
      known,
      known.length === 0 ? 'bench grid or bench report makes one' : `boards in ${boards}: ${known.join(', ')}`,
    ),
  });
}

/** Every board of a results folder that this version can show; files that only pretend to be one are named on standard error. */
export async function storedBoards(resultsFolder: string): Promise<StoredBoard[]> {
  const boards = join(resultsFolder, 'boards');
  const found: StoredBoard[] = [];
  for (const name of await boardNames(boards)) {
    const file = join(boards, name, 'board.json');
    try {
      found.push(await boardIn(file, name));
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
      console.error(`warning: ${file} is left out of the index: it is not a whole board (${error.message})`);
    }
  }
  return found;
}

async function boardIn(file: string, name: string): Promise<StoredBoard> {
  const folder = dirname(file);
  const board = readBoard((await readRegularFile(file)).toString('utf8'), file);
  const costsFile = join(folder, 'board-costs.json');
  const costs = (await isFile(costsFile)) ? readCosts((await readRegularFile(costsFile)).toString('utf8')) : undefined;
  return { name, folder, board, ...(costs !== undefined && costs.grid === board.grid && { costs }) };
}

/** Folders with a board, in the order of their names. */
async function boardNames(boards: string): Promise<string[]> {
  const names = await readdir(boards).catch(() => []);
  const found: string[] = [];
  for (const name of names.sort()) if (await isFile(join(boards, name, 'board.json'))) found.push(basename(name));
  return found;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}
