import { dirname } from 'node:path';
import { Command } from 'commander';
import { exitCode } from '../exit-codes.js';
import { type FlagValues, onGrid } from '../flags.js';
import { planFrom } from '../plan-from-flags.js';
import { closingLines, exitCodeOf, runWithProgress } from '../run-with-progress.js';

export function acceptCommand(): Command {
  const command = new Command('accept')
    .summary('accept the current results of a grid as its baseline, with a reason')
    .description(
      'Computes what is missing of a grid and writes its rows as the baseline that bench check compares with. The reason ' +
        'is kept in the file, after those of all earlier acceptances. Commit the file.',
    )
    .requiredOption('--reason <text>', 'why the numbers are as they should be')
    .addHelpText(
      'after',
      `
Example:
  bench accept ci.yaml --reason "TRAK: revision 2 normalises its features"`,
    );
  return onGrid(command, ['jobs', 'maxTime', 'engine', 'device', 'progress', 'results'], accept);
}

async function accept(flags: FlagValues & { reason: string }): Promise<void> {
  const { baselinePlace, storedAcceptances } = await import('../baseline.js');
  const { requireWritable, writeAtomically } = await import('@attribution-bench/store');
  const plan = await planFrom(flags);
  const { file } = baselinePlace(plan.grid);
  await requireWritable(dirname(file));
  const earlier = await storedAcceptances(file);
  const outcome = await runWithProgress(plan, flags);
  for (const line of closingLines(outcome)) console.error(line);
  process.exitCode = exitCodeOf(outcome);
  if (process.exitCode !== exitCode.ok) return;
  const { boardInput } = await import('@attribution-bench/runner');
  const { makeBaseline, readableJson } = await import('@attribution-bench/leaderboard');
  const input = await boardInput(plan, outcome, (message) => console.error(message));
  const at = new Date().toISOString().slice(0, 10);
  const baseline = makeBaseline(input, { reason: flags.reason, at }, earlier);
  await writeAtomically(file, readableJson(baseline));
  process.stdout.write(`${file}: ${baseline.rows.length} rows accepted: ${flags.reason}\n`);
}
