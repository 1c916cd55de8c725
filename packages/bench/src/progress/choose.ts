import type { FlagValues } from '../flags.js';
import { barReporter } from './bar.js';
import { jsonReporter } from './json.js';
import { plainReporter } from './plain.js';
import { type ProgressReporter, silentReporter } from './reporter.js';

/**
 * With `--json` events go to standard output. Otherwise progress goes to standard error, so that standard output holds
 * the board alone: a bar on a terminal, lines elsewhere, unless `--progress` says otherwise.
 */
export function chooseReporter({ json, progress }: Pick<FlagValues, 'json' | 'progress'>): ProgressReporter {
  if (json) return jsonReporter((line) => process.stdout.write(`${line}\n`));
  switch (progress ?? (process.stderr.isTTY ? 'bar' : 'plain')) {
    case 'bar':
      return barReporter(process.stderr);
    case 'plain':
      return plainReporter((line) => process.stderr.write(`${line}\n`));
    case 'none':
      return silentReporter;
  }
}
