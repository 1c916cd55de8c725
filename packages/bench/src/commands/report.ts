import { Command } from 'commander';
import { type FlagValues, onGrid } from '../flags.js';
import { planFrom } from '../plan-from-flags.js';

export function reportCommand(): Command {
  const command = new Command('report')
    .summary('print and write the leaderboard from what is stored')
    .description('Makes the board of a grid without computing anything; cells that are not stored show as incomplete.')
    .addHelpText(
      'after',
      `
Examples:
  bench report digits.yaml
  bench report digits.yaml --json > board.json`,
    );
  return onGrid(command, ['quick', 'engine', 'json', 'results'], report);
}

async function report(flags: FlagValues): Promise<void> {
  const { boardsOf, printBoards, writeBoards } = await import('../boards.js');
  const { warnOfReplacedBoard } = await import('../replaced-board.js');
  const plan = await planFrom(flags, { readOnly: true });
  await warnOfReplacedBoard(plan);
  const boards = await boardsOf(plan);
  printBoards(boards, flags);
  const folder = await writeBoards(plan, boards);
  console.error(`board written to ${folder}`);
}
