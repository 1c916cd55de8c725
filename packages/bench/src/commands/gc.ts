import { Command } from 'commander';
import { catalogue } from '../catalogue/catalogue.js';
import { type FlagValues, withFlags } from '../flags.js';
import { planFrom } from '../plan-from-flags.js';
import { count, formatBytes, formatDuration } from '../text/format.js';
import { resultsPlace } from '../workspace.js';

export function gcCommand(): Command {
  const command = new Command('gc')
    .summary('list or remove stored results that no grid needs any more')
    .description(
      'Looks at every grid file in configs/ and at those named with --keep, with and without --quick, and lists what the ' +
        'store holds beyond what they need, and the exports of tasks and the logs of programs that nobody has used for ten ' +
        'minutes. Nothing is downloaded, and nothing is removed without --remove.',
    )
    .option('--keep <file...>', 'further grid files whose results are needed')
    .option('--remove', 'remove what was listed');
  return withFlags(command, 'engine', 'device', 'json', 'results').action(collect);
}

async function collect(flags: FlagValues & { keep?: string[]; remove?: true }): Promise<void> {
  const { collectGarbage, collectProgramFiles } = await import('@attribution-bench/runner');
  const configs = (await catalogue('configs')).map(({ id }) => id);
  const remove = flags.remove ?? false;
  const plans = [];
  for (const config of [...configs, ...(flags.keep ?? [])]) {
    for (const quick of [undefined, true] as const)
      plans.push(await planFrom({ ...flags, config, ...(quick && { quick }) }, { looksOnly: true }));
  }
  const { defaultCacheFolder } = await import('@attribution-bench/tasks');
  const { folder: resultsFolder, storeLocation } = resultsPlace(flags.results);
  const options = { resultsFolder, storeLocation, cacheFolder: defaultCacheFolder(), remove };
  const found = await collectGarbage(plans, options);
  const forPrograms = await collectProgramFiles(plans, options);
  if (flags.json) {
    console.log(JSON.stringify({ ...found, forPrograms, removed: remove }, undefined, 2));
    return;
  }
  for (const file of found.files) console.log(file);
  for (const { path, idleSeconds } of forPrograms) console.log(`${path} (not used for ${formatDuration(idleSeconds)})`);
  const entries = found.files.length + forPrograms.length;
  const bytes = forPrograms.reduce((sum, file) => sum + file.bytes, found.bytes);
  const what = `${count(entries, 'file')}, ${formatBytes(bytes)}`;
  console.log(`${remove ? 'removed' : 'not needed'}: ${what}; needed: ${count(found.kept, 'file')}`);
  if (!remove && entries > 0) console.log('bench gc --remove removes them');
}
