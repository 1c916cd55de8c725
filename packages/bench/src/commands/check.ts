import { join } from 'node:path';
import { BenchError } from '@attribution-bench/contract';
import { Command } from 'commander';
import { exitCode } from '../exit-codes.js';
import { type FlagValues, onGrid } from '../flags.js';
import { planFrom } from '../plan-from-flags.js';
import { closingLines, exitCodeOf, runWithProgress } from '../run-with-progress.js';

export function checkCommand(): Command {
  const command = new Command('check')
    .summary('fail when a method got worse than its baseline')
    .description(
      'Computes what is missing of a grid and compares it with the baseline that its check: section names: the change of ' +
        'each row, paired per query on the truth at hand, with its interval. A row fails when that interval lies wholly ' +
        'below the tolerance, when it is missing or failed, and when it was measured on another task; it is unresolved, ' +
        'which does not fail, when the interval reaches beyond the tolerance. The verdict is printed, and written to ' +
        'check.json, check.md and check.xml (JUnit) beside the board; on GitHub Actions rows that fail or are unresolved ' +
        'are annotated.\n\n' +
        'Tolerances by metric (check: { tolerance: { lds: 0.02, mislabel-auc: 0.3 } } in the grid): correlations as they ' +
        'stand (default 0.02), areas under a ROC curve in log-odds (0.3), others as a share of the largest value of the ' +
        'baseline (0.02). A single number applies to the metric that ranks.',
    )
    .addHelpText(
      'after',
      `
Examples:
  bench check ci.yaml
  bench check ci.yaml --json | jq '.rows[] | select(.verdict == "regressed")'

When a change is meant:  bench accept ci.yaml --reason "why the numbers moved"`,
    );
  return onGrid(command, ['jobs', 'maxTime', 'engine', 'device', 'progress', 'json', 'results'], check);
}

async function check(flags: FlagValues): Promise<void> {
  const { baselinePlace, storedBaseline } = await import('../baseline.js');
  const { warnOfReplacedBoard } = await import('../replaced-board.js');
  const plan = await planFrom(flags);
  await warnOfReplacedBoard(plan);
  const { file, tolerances } = baselinePlace(plan.grid);
  const baseline = await storedBaseline(file, plan.grid.name);
  if (baseline === undefined) {
    throw new BenchError({
      code: 'NO_BASELINE',
      place: file,
      message: 'not found: nothing to compare with',
      next: `make it with: bench accept --config ${flags.config} --reason "first baseline"`,
    });
  }
  const outcome = await runWithProgress(plan, flags);
  for (const line of closingLines(outcome)) console.error(line);
  if (outcome.incomplete !== undefined) {
    process.exitCode = exitCodeOf(outcome);
    return;
  }
  const { boardInput } = await import('@attribution-bench/runner');
  const { checkBaseline, checkFiles, makeBoard, makeCosts, renderCheckAnnotations, renderCheckTerminal } = await import(
    '@attribution-bench/leaderboard'
  );
  const { printedWidth, writeBoards } = await import('../boards.js');
  const { writeAtomically } = await import('@attribution-bench/store');
  const input = await boardInput(plan, outcome, (message) => console.error(message));
  const board = makeBoard(input);
  const found = checkBaseline(input, board, baseline, { tolerances });
  const folder = await writeBoards(plan, { board, costs: makeCosts(input) });
  for (const [name, text] of Object.entries(checkFiles(found))) {
    await writeAtomically(join(folder, name), text);
  }
  if (flags.json) process.stdout.write(`${JSON.stringify(found)}\n`);
  else {
    process.stdout.write(renderCheckTerminal(found, printedWidth()));
    if (process.env.GITHUB_ACTIONS === 'true') process.stdout.write(renderCheckAnnotations(found));
  }
  console.error(`verdict written to ${folder}`);
  process.exitCode = found.passed ? exitCode.ok : exitCode.regression;
}
