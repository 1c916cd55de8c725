import { availableParallelism, cpus } from 'node:os';
import { BenchError } from '@attribution-bench/contract';
import { Argument, Command, Option } from 'commander';
import { among, type FlagValues, wholeNumber, withFlags } from '../flags.js';
import type { Comparison } from '../perf/beside/beside-torch.js';
import { comparisonsText } from '../perf/beside/comparison-text.js';
import { type ComparedName, comparedNames } from '../perf/beside/names.js';
import type { SectionResult } from '../perf/figures.js';
import type { NetworkProfile } from '../perf/profile.js';
import { runSection } from '../perf/run-section.js';
import { sections } from '../perf/sections.js';
import { formatBytes, formatDuration, formatParams } from '../text/format.js';
import { markdownTable, table } from '../text/table.js';

interface PerfFlags extends FlagValues {
  markdown?: true;
  beside?: 'torch';
  profile?: true;
  python?: string;
  rounds?: number;
}

const usualRounds = 3;

export function perfCommand(): Command {
  const names = [...Object.keys(sections), ...comparedNames];
  const command = new Command('perf')
    .summary('measure this machine: training, retraining, scoring inside training, gradients, linear algebra, methods')
    .description(
      'Measures throughput and peak memory, each section in a process of its own. Take figures on an otherwise idle ' +
        'machine; they are for comparing, no test depends on them. With --beside torch it trains the same networks here ' +
        'and in PyTorch in turn, one thread each, after it has made sure that both compute the same. With --profile it ' +
        'trains them here and tells which operators of ONNX Runtime on which sizes take the time.',
    )
    .addArgument(
      among(new Argument('[what...]', 'sections, or with --beside or --profile networks (default: everything)'), names),
    )
    .addHelpText(
      'after',
      `
Sections: ${Object.keys(sections).join(', ')}
Networks: ${comparedNames.join(', ')}

Examples:
  bench perf
  bench perf algebra gradients
  bench perf scaling --markdown            the table of packages/bench/README.md
  bench perf --json > perf.json
  bench perf --beside torch --python ~/torch/bin/python
  bench perf --beside torch unet-8-16-16 resnet9-plain --rounds 5
  bench perf --profile cnn-16-32-max`,
    );
  command.option('--markdown', 'tables as Markdown');
  command.addOption(
    among(new Option('--beside <what>', 'compare training with PyTorch, which must be installed for Python'), [
      'torch',
    ]),
  );
  command.addOption(
    new Option('--profile', 'the share of each operator in training networks').conflicts([
      'beside',
      'python',
      'rounds',
    ]),
  );
  command.option('--python <program>', 'with --beside: the Python that has PyTorch (default: python3)');
  command.addOption(
    new Option('--rounds <n>', `with --beside: how often both take turns (default: ${usualRounds})`).argParser(
      wholeNumber,
    ),
  );
  return withFlags(command, 'json').action((what: readonly string[], given: PerfFlags) => {
    checkCombination(what, given);
    if (given.profile) return profile(what, given);
    return given.beside === undefined ? measure(what, given) : compare(what, given);
  });
}

/** @throws BenchError FLAG_ALONE, UNKNOWN_NAME */
function checkCombination(what: readonly string[], { beside, profile, python, rounds }: PerfFlags): void {
  if (beside === undefined && !profile) {
    for (const [flag, value] of Object.entries({ python, rounds }))
      if (value !== undefined)
        throw new BenchError({
          code: 'FLAG_ALONE',
          place: `--${flag}`,
          message: 'is about a comparison',
          next: 'add --beside torch, or leave it out',
        });
    const network = what.find(isCompared);
    if (network !== undefined)
      throw new BenchError({
        code: 'UNKNOWN_NAME',
        place: `perf ${network}`,
        message: 'is a network, which is measured beside another library or profiled',
        next: 'add --beside torch or --profile',
      });
    return;
  }
  const section = what.find((name) => !isCompared(name));
  if (section !== undefined)
    throw new BenchError({
      code: 'UNKNOWN_NAME',
      place: `perf ${profile ? '--profile' : '--beside torch'} ${section}`,
      message: `is a section, which is not ${profile ? 'profiled' : 'compared'}`,
      next: `name networks: ${comparedNames.join(', ')}`,
    });
}

function isCompared(name: string): name is ComparedName {
  return (comparedNames as readonly string[]).includes(name);
}

async function measure(names: readonly string[], flags: PerfFlags): Promise<void> {
  const results: SectionResult[] = [];
  for (const name of names.length === 0 ? Object.keys(sections) : names) {
    const result = await runSection(name);
    results.push(result);
    if (!flags.json) console.log(`${sectionText(result, flags.markdown ? markdownTable : table)}\n`);
  }
  if (flags.json) console.log(JSON.stringify({ machine: machine(), sections: results }, undefined, 2));
}

async function compare(names: readonly string[], flags: PerfFlags): Promise<void> {
  const { python = 'python3', rounds = usualRounds } = flags;
  const [{ besideTorch }, { checkTorch }] = await Promise.all([
    import('../perf/beside/beside-torch.js'),
    import('../perf/beside/torch-program.js'),
  ]);
  await checkTorch(python);
  const comparisons: Comparison[] = [];
  for (const name of names.length === 0 ? comparedNames : names.filter(isCompared)) {
    if (!flags.json) console.error(`${name} ...`);
    comparisons.push(await besideTorch(name, python, rounds));
  }
  if (flags.json) console.log(JSON.stringify({ machine: machine(), rounds, comparisons }, undefined, 2));
  else console.log(comparisonsText(comparisons, rounds, { table: flags.markdown ? markdownTable : table, readable }));
}

async function profile(names: readonly string[], flags: PerfFlags): Promise<void> {
  const [{ profileNetwork }, { profileText }] = await Promise.all([
    import('../perf/profile.js'),
    import('../perf/profile-text.js'),
  ]);
  const profiles: NetworkProfile[] = [];
  for (const name of names.length === 0 ? comparedNames : names.filter(isCompared)) {
    const found = await profileNetwork(name);
    profiles.push(found);
    if (!flags.json) console.log(`${profileText(found, flags.markdown ? markdownTable : table)}\n`);
  }
  if (flags.json) console.log(JSON.stringify({ machine: machine(), profiles }, undefined, 2));
}

function machine() {
  return { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
}

function sectionText({ section, seconds, peakRssBytes, figures }: SectionResult, tableOf: typeof table): string {
  const rows = figures.map(({ what, settings, value, unit }) => [what, formatParams(settings), readable(value), unit]);
  const heading = `${section}: measured in ${formatDuration(seconds)}, ${formatBytes(peakRssBytes)} at peak`;
  return `${heading}\n\n${tableOf(['what', 'settings', 'value', 'unit'], rows)}`;
}

/** Three significant digits, thousands apart. */
function readable(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
