import { Command } from 'commander';
import { makeBoard, printBoard, writeBoard } from '../boards.js';
import { type FlagValues, withFlags } from '../flags.js';
import { planFrom } from '../plan-from-flags.js';

export function reportCommand(): Command {
  const command = new Command('report')
    .summary('print and write the leaderboard from what is stored')
    .description('Makes the board of a grid without computing anything; cells that are not stored show as incomplete.')
    .addHelpText(
      'after',
      `
Examples:
  bench report --config digits.yaml
  bench report --config digits.yaml --json > board.json`,
    );
  return withFlags(command, 'config', 'quick', 'engine', 'json', 'results').action(report);
}

async function report(flags: FlagValues): Promise<void> {
  const plan = await planFrom(flags);
  const board = await makeBoard(plan);
  const folder = await writeBoard(plan, board);
  await printBoard(board, flags);
  console.error(`board written to ${folder}`);
}
