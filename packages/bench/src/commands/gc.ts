import { Command } from 'commander';
import { catalogue } from '../catalogue.js';
import { type FlagValues, withFlags } from '../flags.js';
import { planFrom } from '../plan-from-flags.js';
import { count, formatBytes } from '../text/format.js';
import { resultsFolder } from '../workspace.js';

export function gcCommand(): Command {
  const command = new Command('gc')
    .summary('list or remove stored results that no grid needs any more')
    .description(
      'Looks at every grid file in configs/ and at those named with --keep, with and without --quick, and lists what the ' +
        'store holds beyond what they need. Nothing is removed without --remove.',
    )
    .option('--keep <file...>', 'further grid files whose results are needed')
    .option('--remove', 'remove what was listed');
  return withFlags(command, 'engine', 'json', 'results').action(collect);
}

async function collect(flags: FlagValues & { keep?: string[]; remove?: true }): Promise<void> {
  const { collectGarbage } = await import('@attribution-bench/runner');
  const configs = (await catalogue('configs')).map(({ id }) => id);
  const remove = flags.remove ?? false;
  const plans = [];
  for (const config of [...configs, ...(flags.keep ?? [])]) {
    for (const quick of [undefined, true] as const)
      plans.push(await planFrom({ ...flags, config, ...(quick && { quick }) }, { readOnly: !remove }));
  }
  const found = await collectGarbage(plans, { resultsFolder: resultsFolder(flags.results), remove });
  if (flags.json) {
    console.log(JSON.stringify({ ...found, removed: remove }, undefined, 2));
    return;
  }
  for (const file of found.files) console.log(file);
  const what = `${count(found.files.length, 'file')}, ${formatBytes(found.bytes)}`;
  console.log(`${remove ? 'removed' : 'not needed'}: ${what}; needed: ${count(found.kept, 'file')}`);
  if (!remove && found.files.length > 0) console.log('bench gc --remove removes them');
}
