import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Board, type BoardLink, boardSchema, renderIndex, renderPage } from '@attribution-bench/leaderboard';
import { boardExamples, generatedSheets, type Plan } from '@attribution-bench/runner';
import { writeAtomically } from '@attribution-bench/store';
import type { Boards } from './boards.js';

const methodsWithExamples = 6;

/** Writes the page of a board into its folder, and anew the index over all boards beside it. */
export async function writePages(plan: Plan, { board, costs }: Boards, folder: string): Promise<void> {
  const examples = await boardExamples(plan, rowsWithExamples(board));
  await writeAtomically(join(folder, 'index.html'), await renderPage(board, costs, examples));
  for (const { task, png } of await generatedSheets(plan))
    await writeAtomically(join(folder, `${task}-generated.png`), png);
  const boardsFolder = join(plan.resultsFolder, 'boards');
  await writeAtomically(join(boardsFolder, 'index.html'), renderIndex(await boardsIn(boardsFolder)));
}

/** The best few methods of each task. */
function rowsWithExamples({ tasks, rows }: Board): Board['rows'] {
  return tasks.flatMap(({ id }) =>
    rows.filter(({ task, kind, rank }) => task === id && kind === 'method' && rank).slice(0, methodsWithExamples),
  );
}

/** Every board that this version can read. */
async function boardsIn(boardsFolder: string): Promise<BoardLink[]> {
  const links: BoardLink[] = [];
  for (const folder of await readdir(boardsFolder)) {
    const board = await readBoard(join(boardsFolder, folder, 'board.json'));
    if (board !== undefined) links.push({ folder, board });
  }
  return links;
}

async function readBoard(file: string): Promise<Board | undefined> {
  try {
    const board = JSON.parse(await readFile(file, 'utf8')) as Board;
    return board.schema === boardSchema ? board : undefined;
  } catch {
    return undefined;
  }
}
