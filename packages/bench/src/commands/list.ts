import { BenchError, didYouMean, type ParamSpec, type ParamSpecs, searchWords } from '@attribution-bench/contract';
import { Argument, Command } from 'commander';
import { catalogue } from '../catalogue/catalogue.js';
import { type Entry, type Kind, kinds } from '../catalogue/kinds.js';
import { among, type FlagValues, withFlags } from '../flags.js';
import { wrap } from '../text/table.js';

export function listCommand(): Command {
  const command = new Command('list')
    .summary('what a grid file can name: methods, datasets, models, targets, metrics, configs')
    .description(
      'Lists what a grid file can name; with a kind or a name also every parameter, its default and its help.',
    )
    .addArgument(among(new Argument('[kind]', 'what to list'), kinds))
    .argument('[name]', 'one of them only')
    .addHelpText(
      'after',
      `
Examples:
  bench list
  bench list methods
  bench list methods trak`,
    );
  return withFlags(command, 'json').action(list);
}

async function list(kind: Kind | undefined, name: string | undefined, flags: FlagValues): Promise<void> {
  if (kind === undefined) {
    const all: [Kind, readonly Entry[]][] = [];
    for (const each of kinds) all.push([each, await catalogue(each)]);
    if (flags.json) console.log(JSON.stringify(Object.fromEntries(all), undefined, 2));
    else for (const [each, entries] of all) console.log(`${each}: ${entries.map(({ id }) => id).join(', ')}`);
    return;
  }
  const entries = await catalogue(kind);
  const shown = name === undefined ? entries : [named(name, kind, entries)];
  console.log(flags.json ? JSON.stringify(shown, undefined, 2) : shown.map(details).join('\n\n'));
}

function named(name: string, kind: Kind, entries: readonly Entry[]): Entry {
  const found = entries.find(({ id }) => id === name);
  if (found !== undefined) return found;
  const ids = entries.map(({ id }) => id);
  throw new BenchError({
    code: 'UNKNOWN_NAME',
    message: `"${name}" is not among the ${kind}`,
    next: didYouMean(name, ids, `known: ${ids.join(', ')}`),
  });
}

function details({ id, title, facts, params }: Entry): string {
  const width = Math.min(process.stdout.columns || 100, 120);
  const known = Object.entries(facts).map(([name, value]) => wrap(`${name}: ${value}`, width, '  '));
  return [`${id}: ${title}`, ...known, ...settingsOf(params, width, '  ')].join('\n');
}

/** Each parameter with its help; below an object, set in, those that it consists of. */
function settingsOf(params: ParamSpecs, width: number, indent: string): string[] {
  return Object.entries(params).flatMap(([name, spec]) => [
    `${indent}${name} (${typeOf(spec)})\n${wrap(spec.help, width, `${indent}    `)}`,
    ...settingsOf(spec.fields ?? {}, width, `${indent}    `),
  ]);
}

function tasksOf({ readOn }: ParamSpec): string {
  return readOn === undefined ? '' : ` on a ${readOn.join(' or ')}`;
}

/** `int, at least 1, default 512, tuned among 128, 512, 2048`. */
function typeOf(spec: ParamSpec): string {
  const kind =
    spec.type === 'choice'
      ? (spec.choices ?? []).join(' | ')
      : spec.type === 'list'
        ? `list of ${spec.items === undefined ? 'anything' : (spec.items.choices?.join(' | ') ?? spec.items.type)}`
        : spec.type;
  const range = [
    ...(spec.min === undefined ? [] : [`at least ${spec.min}`]),
    ...(spec.max === undefined ? [] : [`at most ${spec.max}`]),
  ];
  if (spec.optional === true) return [kind, ...range, 'may be left out'].join(', ');
  const preset = spec.fields === undefined ? [`default ${JSON.stringify(spec.default)}`] : [];
  const tuned = spec.search === undefined ? [] : [`tuned among ${searchWords(spec.search)}${tasksOf(spec)}`];
  return [kind, ...range, ...(spec.default === undefined ? ['required'] : preset), ...tuned].join(', ');
}
