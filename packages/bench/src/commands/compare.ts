import { extname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { type FlagValues, withFlags } from '../flags.js';
import { resultsFolder } from '../workspace.js';

interface CompareFlags extends FlagValues {
  to?: string;
}

export function compareCommand(): Command {
  const command = new Command('compare')
    .summary('two boards side by side: what moved, what is noise')
    .description(
      'Lays two boards side by side: both values of every method, the change with its interval, and everything that differs in how ' +
        'the boards were made (data, truth, subsets, seeds, chosen parameters, revisions, commits). Changes are paired by query ' +
        'where both boards have the same truth and queries, and taken for independent elsewhere. A value has moved when that ' +
        'holds among all that were compared (Holm). Nothing is computed and no store is read; for the exact comparison of two ' +
        'states of the code, on every subset, see bench check.',
    )
    .argument('<a>', 'a board: its folder, its board.json, or a grid that has one in the results folder')
    .argument('<b>', 'the board to set beside it')
    .option('--to <place>', 'also write a page: an .html file, or a folder for index.html and comparison.json')
    .addHelpText(
      'after',
      `
Examples:
  bench compare digits digits-all
  bench compare /tmp/before/boards/digits results/boards/digits --to compared.html
  bench compare digits mine --json | jq '.tasks[].values[] | select(.verdict == "worse")'`,
    );
  return withFlags(command, 'json', 'results').action(compare);
}

async function compare(first: string, second: string, flags: CompareFlags): Promise<void> {
  const { compareBoards, readableJson, renderComparisonPage, renderComparisonTerminal } = await import(
    '@attribution-bench/leaderboard'
  );
  const { namedBoard } = await import('../stored-boards.js');
  const folder = resultsFolder(flags.results);
  const comparison = compareBoards(await namedBoard(first, folder), await namedBoard(second, folder));
  if (flags.json) process.stdout.write(`${JSON.stringify(comparison)}\n`);
  else {
    const { printedWidth } = await import('../boards.js');
    process.stdout.write(renderComparisonTerminal(comparison, printedWidth()));
  }
  if (flags.to === undefined) return;
  const { writeAtomically } = await import('@attribution-bench/store');
  const place = resolve(flags.to);
  const isPage = extname(place) === '.html';
  await writeAtomically(isPage ? place : join(place, 'index.html'), renderComparisonPage(comparison));
  if (!isPage) await writeAtomically(join(place, 'comparison.json'), readableJson(comparison));
  console.error(`page written to ${isPage ? place : join(place, 'index.html')}`);
}
