import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Board, type BoardLink, boardSchema, renderIndex, renderPage } from '@attribution-bench/leaderboard';
import { boardExamples, generatedSheets, type Plan } from '@attribution-bench/runner';
import { writeAtomically } from '@attribution-bench/store';
import type { BoardAndCosts } from './board-and-costs.js';

const methodsWithExamples = 4;

/** Writes the page of a board into its folder, and the index over all boards beside it again. */
export async function writePages(plan: Plan, { board, costs }: BoardAndCosts, folder: string): Promise<void> {
  const examples = await boardExamples(plan, rowsWithExamples(board));
  await writeAtomically(
    join(folder, 'index.html'),
    await renderPage(board, costs, examples, methodPages(plan, folder)),
  );
  for (const { task, png } of await generatedSheets(plan))
    await writeAtomically(join(folder, `${task}-generated.png`), png);
  const boardsFolder = join(plan.resultsFolder, 'boards');
  await writeAtomically(join(boardsFolder, 'index.html'), renderIndex(await boardsIn(boardsFolder)));
}

/** Where the READMEs of this project's methods are, seen from a folder: of those that come from its own checkout. */
function methodPages({ grid }: Plan, folder: string): Map<string, string> {
  const pages = grid.methods.flatMap(({ loaded: { method, file, isolated, external } }) => {
    const root = /^(.*[/\\]packages[/\\]method-[^/\\]+)[/\\]/.exec(file)?.[1];
    if (root === undefined || isolated || external !== undefined || !existsSync(join(root, 'README.md'))) return [];
    const path = relative(folder, join(root, 'README.md')).replaceAll('\\', '/');
    // A page that is elsewhere is read elsewhere, where no checkout is.
    return path.startsWith('../../../packages/') ? [[method.id, path] as const] : [];
  });
  return new Map(pages);
}

/** The best few methods of each task. */
function rowsWithExamples({ tasks, rows }: Board): Board['rows'] {
  return tasks.flatMap(({ id }) =>
    rows.filter(({ task, kind, rank }) => task === id && kind === 'method' && rank).slice(0, methodsWithExamples),
  );
}

/** Every board that this version can show; files that only pretend to be one are named on standard error. */
async function boardsIn(boardsFolder: string): Promise<BoardLink[]> {
  const links: BoardLink[] = [];
  for (const folder of await readdir(boardsFolder)) {
    const file = join(boardsFolder, folder, 'board.json');
    if (!(await stat(file).catch(() => undefined))?.isFile()) continue;
    try {
      const board = JSON.parse(await readFile(file, 'utf8')) as Board;
      if (board?.schema !== boardSchema) continue;
      // Showing the index is what finds out whether all that it shows is stored.
      renderIndex([{ folder, board }]);
      links.push({ folder, board });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      console.error(`warning: ${file} is left out of the index: it is not a whole board (${reason})`);
    }
  }
  return links;
}
