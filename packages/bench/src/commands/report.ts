import { BenchError } from '@attribution-bench/contract';
import type { Plan } from '@attribution-bench/runner';
import { Command } from 'commander';
import { type FlagValues, onGrid } from '../flags.js';
import { planFrom, sayLeftOut } from '../plan-from-flags.js';
import { hasResults } from '../require-results.js';
import { findConfig, resultsPlace } from '../workspace.js';

export function reportCommand(): Command {
  const command = new Command('report')
    .summary('print and write the leaderboard from what is stored')
    .description(
      'Makes the board of a grid without computing or downloading anything; cells that are not stored show as incomplete. ' +
        'Where the results folder cannot be written, the board is printed only.',
    )
    .addHelpText(
      'after',
      `
Examples:
  bench report digits.yaml
  bench report digits.yaml --json > board.json`,
    );
  return onGrid(command, ['quick', 'engine', 'device', 'json', 'results'], report);
}

async function report(flags: FlagValues): Promise<void> {
  await requireStore(flags);
  const { boardsOf, printBoards, writeBoards } = await import('../boards.js');
  const { warnOfReplacedBoard } = await import('../replaced-board.js');
  const plan = await planFrom(flags, { looksOnly: true });
  sayLeftOut(plan);
  requireTasks(plan, flags);
  await warnOfReplacedBoard(plan);
  const boards = await boardsOf(plan);
  printBoards(boards, flags);
  try {
    console.error(`board written to ${await writeBoards(plan, boards)}`);
  } catch (error) {
    if (!(error instanceof BenchError) || error.code !== 'STORE_UNWRITABLE') throw error;
    console.error(`board not written: ${error.line}`);
  }
}

async function requireStore({ config, results }: FlagValues): Promise<void> {
  const place = resultsPlace(results);
  if (!(await hasResults(place))) throw nothingStored(place.location, findConfig(config));
}

/** @throws BenchError NO_CELLS where a board would have no task */
function requireTasks({ tasks, grid }: Plan, { results }: FlagValues): void {
  if (tasks.length === 0) throw nothingStored(resultsPlace(results).location, grid.file);
}

function nothingStored(place: string, file: string): BenchError {
  return new BenchError({
    code: 'NO_CELLS',
    place: file,
    message: `has no results in ${place}`,
    next: `bench grid ${file} computes them`,
  });
}
