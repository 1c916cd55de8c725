import { availableParallelism, cpus } from 'node:os';
import { Argument, Command } from 'commander';
import { among, type FlagValues, withFlags } from '../flags.js';
import type { SectionResult } from '../perf/figures.js';
import { runSection } from '../perf/run-section.js';
import { sections } from '../perf/sections.js';
import { formatBytes, formatDuration, formatParams } from '../text/format.js';
import { markdownTable, table } from '../text/table.js';

export function perfCommand(): Command {
  const command = new Command('perf')
    .summary('measure this machine: training, retraining, scoring inside training, gradients, linear algebra, methods')
    .description(
      'Measures throughput and peak memory, each section in a process of its own. Take figures on an otherwise idle ' +
        'machine; they are for comparing, no test depends on them.',
    )
    .addArgument(among(new Argument('[section...]', 'what to measure (default: everything)'), Object.keys(sections)))
    .addHelpText(
      'after',
      `
Examples:
  bench perf
  bench perf algebra gradients
  bench perf scaling --markdown            the table of packages/bench/README.md
  bench perf --json > perf.json`,
    );
  command.option('--markdown', 'tables as Markdown');
  return withFlags(command, 'json').action(measure);
}

async function measure(names: readonly string[], flags: FlagValues & { markdown?: true }): Promise<void> {
  const results: SectionResult[] = [];
  for (const name of names.length === 0 ? Object.keys(sections) : names) {
    const result = await runSection(name);
    results.push(result);
    if (!flags.json) console.log(`${sectionText(result, flags.markdown ? markdownTable : table)}\n`);
  }
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
  if (flags.json) console.log(JSON.stringify({ machine, sections: results }, undefined, 2));
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
