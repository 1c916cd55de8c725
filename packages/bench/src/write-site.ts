import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { renderCsv, renderIndex, renderPage } from '@attribution-bench/leaderboard';
import { readRegularFile, writeAtomically } from '@attribution-bench/store';
import type { StoredBoard } from './stored-boards.js';

/** What of a board's folder goes with its page. */
const filesOfBoards = /^(board\.(json|csv|md)|board-costs\.json|index\.html|[\w@.-]+-generated\.png)$/;

/**
 * Writes a folder with an index over boards and, for each, a folder with its page and files. The page and the table that a
 * board's folder lacks are made from its board.json, the page without the pictures that only the store has.
 * @param methods where pages of methods are, seen from a board's folder: `../../methods/` for `../../methods/trak.html`
 * @returns where the index is, and how large all files are together
 */
export async function writeSite(
  boards: readonly StoredBoard[],
  to: string,
  methods?: string,
): Promise<{ readonly index: string; readonly bytes: number }> {
  const index = join(resolve(to), 'index.html');
  let bytes = 0;
  const write = async (file: string, content: string | Uint8Array) => {
    bytes += Buffer.byteLength(content);
    await writeAtomically(file, content);
  };
  const links = boards.map((stored) => ({ ...stored, place: placeOf(stored, boards) }));
  for (const { folder, place, board, costs } of links) {
    const target = join(resolve(to), place);
    const files = (await readdir(folder)).filter((name) => filesOfBoards.test(name)).sort();
    for (const name of files) {
      const content = await readRegularFile(join(folder, name));
      await write(join(target, name), name === 'index.html' ? linkMethods(content.toString('utf8'), methods) : content);
    }
    if (!files.includes('board.csv')) await write(join(target, 'board.csv'), renderCsv(board, costs));
    if (!files.includes('index.html')) await write(join(target, 'index.html'), await renderPage(board, costs));
  }
  await write(index, renderIndex(links.map(({ place, ...link }) => ({ ...link, folder: place }))));
  return { index, bytes };
}

/** Pages link the READMEs of methods in the checkout, which is not served: leads to pages of theirs, or nowhere. */
function linkMethods(page: string, methods: string | undefined): string {
  return page.replace(/ href="(?:\.\.\/)+packages\/method-([\w-]+)\/README\.md"/g, (_, name) =>
    methods === undefined ? '' : ` href="${methods}${name}.html"`,
  );
}

/** The name of a board's folder, with a number where another board's has the same one. */
function placeOf({ folder }: StoredBoard, boards: readonly StoredBoard[]): string {
  const name = basename(resolve(folder));
  const alike = boards.filter((other) => basename(resolve(other.folder)) === name);
  const at = alike.findIndex((other) => other.folder === folder);
  return at === 0 ? name : `${name}-${at + 1}`;
}
