import { Command } from 'commander';
import { type FlagValues, withFlags } from '../flags.js';
import { planFrom, wholeGrid } from '../plan-from-flags.js';
import { closingLines, exitCodeOf, runWithProgress } from '../run-with-progress.js';

export function gridCommand(): Command {
  const command = new Command('grid')
    .summary('run a grid: train, retrain, attribute, print and write the leaderboard')
    .description(
      'Does what a grid file asks for and has not been done yet: trains the models, retrains them on subsets for the ' +
        'ground truth, runs every method, prints the leaderboard and writes it to boards/<grid>/ of the results folder.\n\n' +
        'Whatever is finished is kept: a run that was stopped in any way goes on where it was when the same command is ' +
        'given again.\n\n' +
        'Given several times at once, on one machine or on many that share the results folder, the processes divide the ' +
        'work, and each ends with the whole board.',
    )
    .addHelpText(
      'after',
      `
Examples:
  bench grid --config digits.yaml
  bench grid --config digits.yaml --only '*/trak' --only '*/random'
  bench grid --config my-grid.yaml --max-time 2h
  bench grid --config my-grid.yaml --results /shared/results   on each of several machines
  bench grid --config digits.yaml --json | jq -c 'select(.type == "cell-finished")'`,
    );
  return withFlags(
    command,
    'config',
    'jobs',
    'only',
    'skip',
    'force',
    'maxTime',
    'failFast',
    'quick',
    'engine',
    'progress',
    'json',
    'results',
  ).action(runGrid);
}

async function runGrid(flags: FlagValues): Promise<void> {
  const { boardsOf, printBoards, writeBoards } = await import('../boards.js');
  const { warnOfReplacedBoard } = await import('../replaced-board.js');
  const plan = await planFrom(flags);
  await warnOfReplacedBoard(plan);
  const outcome = await runWithProgress(plan, flags);
  if (outcome.incomplete !== 'cancelled' && outcome.incomplete !== 'store') {
    const whole = await wholeGrid(plan, flags);
    const boards = await boardsOf(whole, outcome);
    printBoards(boards, flags);
    const folder = await writeBoards(whole, boards);
    console.error(`board written to ${folder}`);
  }
  for (const line of closingLines(outcome)) console.error(line);
  process.exitCode = exitCodeOf(outcome);
}
