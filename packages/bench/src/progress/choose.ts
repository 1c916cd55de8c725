import type { Plan } from '@attribution-bench/runner';
import type { FlagValues } from '../flags.js';
import { jsonReporter } from './json.js';
import { plainReporter } from './plain.js';
import { type ProgressReporter, silentReporter } from './reporter.js';

/**
 * With `--json` events go to standard output. Otherwise progress goes to standard error, so that standard output holds
 * the board alone: a view that is drawn over and over on a terminal, lines elsewhere, unless `--progress` says otherwise.
 */
export async function chooseReporter(
  { steps }: Plan,
  { json, progress }: Pick<FlagValues, 'json' | 'progress'>,
): Promise<ProgressReporter> {
  if (json) return jsonReporter((line) => process.stdout.write(`${line}\n`));
  const todo = steps.filter(({ needed }) => needed);
  switch (progress ?? (canDrawOver(process.stderr) ? 'live' : 'plain')) {
    case 'live': {
      const { liveReporter } = await import('./live.js');
      return liveReporter(process.stderr, todo);
    }
    case 'plain':
      return plainReporter((line) => process.stderr.write(`${line}\n`), todo);
    case 'none':
      return silentReporter;
  }
}

/** A terminal on which lines can be drawn over, and a person before it. */
function canDrawOver({ isTTY }: NodeJS.WriteStream): boolean {
  return isTTY && process.env.TERM !== 'dumb' && !process.env.CI;
}
