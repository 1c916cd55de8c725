import { BenchError } from '@attribution-bench/contract';
import type { Plan, RunOutcome } from '@attribution-bench/runner';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { BoardAndCosts } from '../board-and-costs.js';
import { duration, type FlagValues, onGrid, wholeNumber } from '../flags.js';
import type { SettleFlags } from '../growth/until-settled.js';
import { planFrom, wholeGrid } from '../plan-from-flags.js';
import { closingLines, exitCodeOf, runWithProgress } from '../run-with-progress.js';
import { checkExecutorFlags, type ExecutorFlags, executorOptions } from '../slurm/slurm-flags.js';

const description =
  'Does what a grid file asks for and is not stored yet: trains the models, retrains them on subsets for the ' +
  'ground truth, runs every method, prints the leaderboard and writes it to boards/<grid>/ of the results folder.\n\n' +
  'Whatever is finished is kept: a run that was stopped in any way continues where it stopped when the same command is ' +
  'given again.\n\n' +
  'Given several times at once, on one machine or on many that share the results folder, the processes divide the ' +
  'work, and each ends with the whole board.\n\n' +
  'With --executor slurm the steps are done by jobs on a cluster, and this command submits and watches them. It can be ' +
  'stopped, and given again to watch them again; bench cancel takes the jobs back. See docs/cluster.md.\n\n' +
  'With --until-settled the truth is grown: after each look at the board, tasks whose best method is tied with others ' +
  'that more subsets may split get as many subsets again as the grid file asks for, up to --looks times ' +
  'that. Tests are adjusted over all looks, so that stopping at the right moment gains nothing. Fits, scores and the ' +
  'choice of parameters (made on subsets of the first look) stay as they are. How far it came is kept in ' +
  'growth/<grid>.json of the results folder, which all verbs follow: the same command goes on from there, report ' +
  'and plan show the truth as it was grown, check and accept refuse; without that file the sizes are those of the ' +
  'grid file again.';

const examples = `
Examples:
  bench grid digits.yaml
  bench grid digits.yaml --only '*/trak' --only '*/random'
  bench grid my-grid.yaml --max-time 2h
  bench grid my-grid.yaml --until-settled 2h
  bench grid my-grid.yaml --results /shared/results   on each of several machines
  bench grid my-grid.yaml --executor slurm --results /shared/results
  bench grid digits.yaml --json | jq -c 'select(.type == "cell-finished")'`;

export function gridCommand(): Command {
  const command = new Command('grid')
    .summary('run a grid: train, retrain, attribute, print and write the leaderboard')
    .description(description)
    .addHelpText('after', examples);
  for (const option of [...executorOptions(), ...growthOptions()]) command.addOption(option);
  return onGrid(
    command,
    [
      'jobs',
      'only',
      'skip',
      'force',
      'maxTime',
      'failFast',
      'quick',
      'engine',
      'device',
      'progress',
      'json',
      'results',
    ],
    runGrid,
  );
}

function growthOptions(): Option[] {
  return [
    new Option(
      '--until-settled <duration>',
      'grow the truth until the leading methods differ significantly or are shown not to be worth it, within this time',
    )
      .argParser(duration)
      .conflicts(['only', 'skip', 'force', 'maxTime']),
    new Option('--looks <n>', 'with --until-settled: how often to look at most (default: 8)').argParser(wholeNumber),
    new Option(
      '--top <k>',
      'with --until-settled: how many of the best to tell from all others (default: 1)',
    ).argParser(wholeNumber),
    new Option(
      '--margin <d>',
      'with --until-settled: differences this small are not worth splitting (default: 0.02)',
    ).argParser(size),
  ];
}

/** A number of at least 0. */
function size(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError('Expected a number of at least 0, e.g. 0.02.');
  return number;
}

async function runGrid(flags: FlagValues & ExecutorFlags & Partial<SettleFlags>): Promise<void> {
  checkExecutorFlags(flags);
  const { untilSettled } = flags;
  if (untilSettled !== undefined) return settle({ ...flags, untilSettled });
  for (const flag of ['looks', 'top', 'margin'] as const)
    if (flags[flag] !== undefined)
      throw new BenchError({
        code: 'FLAG_ALONE',
        place: `--${flag}`,
        message: 'says how a truth is grown, and nothing is to be grown',
        next: 'add --until-settled 2h',
      });
  const { boardsOf } = await import('../boards.js');
  const { warnOfReplacedBoard } = await import('../replaced-board.js');
  const plan = await planFrom(flags);
  await warnOfReplacedBoard(plan);
  const outcome = await runWithProgress(plan, flags);
  if (isShown(outcome)) {
    const whole = await wholeGrid(plan, flags);
    await show(whole, await boardsOf(whole, outcome), flags);
  }
  for (const line of closingLines(outcome)) console.error(line);
  process.exitCode = exitCodeOf(outcome);
}

async function settle(flags: FlagValues & ExecutorFlags & SettleFlags): Promise<void> {
  const { runUntilSettled } = await import('../growth/until-settled.js');
  const { boardsOf } = await import('../boards.js');
  const { plan, outcome, boards, code } = await runUntilSettled(flags);
  if (isShown(outcome)) await show(plan, boards ?? (await boardsOf(plan, outcome)), flags);
  for (const line of closingLines(outcome)) console.error(line);
  process.exitCode = code;
}

function isShown({ incomplete }: RunOutcome): boolean {
  return incomplete !== 'cancelled' && incomplete !== 'store';
}

async function show(plan: Plan, boards: BoardAndCosts, flags: FlagValues): Promise<void> {
  const { printBoards, writeBoards } = await import('../boards.js');
  printBoards(boards, flags);
  const folder = await writeBoards(plan, boards);
  console.error(`board written to ${folder}`);
}
