import { resolve } from 'node:path';
import { BenchError } from '@attribution-bench/contract';
import { Command } from 'commander';
import { type FlagValues, wholeNumber, withFlags } from '../flags.js';
import { gridFrom, planOf } from '../plan-from-flags.js';
import { closingLines, exitCodeOf, runWithProgress } from '../run-with-progress.js';

interface ShowFlags extends FlagValues {
  top: number;
  html?: string;
}

export function showCommand(): Command {
  const command = new Command('show')
    .summary('one point: what it is, and who influences it by which method')
    .description(
      'Shows a query with the training points that each method of the grid finds most helpful and most harmful to it, or a training point with the queries that it helps and harms most. Scores that are not stored are computed first, without any ground truth.',
    )
    .argument(
      '<task/point>',
      'e.g. digits-mlp/query:3, digits-mlp/train:12, or digits-mlp/ and what the point comes from',
    )
    .option('--top <k>', 'how many points at each end', wholeNumber, 5)
    .option('--html <file>', 'write a page with images instead of text')
    .addHelpText(
      'after',
      `
Examples:
  bench show digits-mlp/query:3 -c digits.yaml
  bench show digits-mlp/train:12 --only '*/trak' --top 10
  bench show digits-ddpm/query:0 --html point.html`,
    );
  return withFlags(
    command,
    'config',
    'only',
    'skip',
    'quick',
    'jobs',
    'maxTime',
    'engine',
    'device',
    'progress',
    'json',
    'results',
  ).action(show);
}

async function show(name: string, flags: ShowFlags): Promise<void> {
  const slash = name.indexOf('/');
  const [task, point] = [name.slice(0, slash), name.slice(slash + 1)];
  if (slash < 1 || point === '')
    throw new BenchError({
      code: 'UNKNOWN_NAME',
      message: `"${name}" names no point`,
      next: 'expected a task and a point, e.g. digits-mlp/query:3',
    });
  const { onlyTask, pngUrl, pointInfluence } = await import('@attribution-bench/runner');
  const grid = onlyTask(await gridFrom(flags), task);
  const plan = await planOf(grid, flags, { scope: 'scores' });
  const { json, ...running } = flags;
  const outcome = await runWithProgress(plan, running);
  for (const line of closingLines(outcome)) console.error(line);
  process.exitCode = exitCodeOf(outcome);
  if (outcome.incomplete !== undefined) return;
  const influence = await pointInfluence(plan, task, point, flags.top);
  if (flags.html !== undefined) {
    const { renderPoint } = await import('@attribution-bench/leaderboard');
    const { writeAtomically } = await import('@attribution-bench/store');
    await writeAtomically(resolve(flags.html), renderPoint(influence, pngUrl));
    console.error(`page written to ${resolve(flags.html)}`);
  } else if (json) console.log(JSON.stringify(influence, withoutPixels));
  else {
    const { printedPoint } = await import('../show/print-point.js');
    const { stdout } = process;
    const pictures = stdout.isTTY && stdout.getColorDepth() === 24;
    console.log(printedPoint(influence, { width: stdout.columns || 120, pictures }));
  }
}

/** Images are in the page, not in the JSON. */
function withoutPixels(key: string, value: unknown): unknown {
  return key === 'pixels' ? undefined : value;
}
