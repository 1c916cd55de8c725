import { Command } from 'commander';
import { type FlagValues, withFlags } from '../flags.js';
import { resultsFolder } from '../workspace.js';

export function siteCommand(): Command {
  const command = new Command('site')
    .summary('an index over boards with their pages, as a folder to serve')
    .description(
      'Writes a folder that any web server, GitHub Pages among them, can show: an index over the boards, which is a leaderboard of ' +
        'methods and all of their tasks, and the page and files of every board. All links in it are relative, and no page needs ' +
        'anything from elsewhere. Without names, all boards of the results folder but those of toy sizes (--quick).',
    )
    .argument('[boards...]', 'boards: folders, board.json files, or grids that have one in the results folder')
    .requiredOption('--to <folder>', 'the folder to write; files of boards that it has are replaced')
    .option('--methods <address>', 'where pages of methods are, seen from the page of a board, e.g. ../../methods/')
    .addHelpText(
      'after',
      `
Examples:
  bench site --to public
  bench site digits digits-all --to public/boards`,
    );
  return withFlags(command, 'results').action(site);
}

async function site(names: readonly string[], flags: FlagValues & { to: string; methods?: string }): Promise<void> {
  const { isTrial } = await import('@attribution-bench/leaderboard');
  const { namedBoard, storedBoards } = await import('../stored-boards.js');
  const { writeSite } = await import('../write-site.js');
  const folder = resultsFolder(flags.results);
  const boards =
    names.length === 0
      ? (await storedBoards(folder)).filter((board) => !isTrial(board))
      : await Promise.all(names.map((name) => namedBoard(name, folder)));
  const { index, bytes } = await writeSite(boards, flags.to, flags.methods);
  const { count, formatBytes } = await import('../text/format.js');
  console.log(`${count(boards.length, 'board')}, ${formatBytes(bytes)}: ${index}`);
}
