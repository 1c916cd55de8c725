import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Board, renderIndex, renderPage } from '@attribution-bench/leaderboard';
import { boardExamples, generatedSheets, type Plan } from '@attribution-bench/runner';
import { writeAtomically } from '@attribution-bench/store';
import type { BoardAndCosts } from './board-and-costs.js';
import { storedBoards } from './stored-boards.js';

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
  const links = (await storedBoards(plan.resultsFolder)).map(({ name, ...stored }) => ({ ...stored, folder: name }));
  await writeAtomically(join(plan.resultsFolder, 'boards', 'index.html'), renderIndex(links));
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
