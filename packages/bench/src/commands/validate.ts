import { Command } from 'commander';
import { type FlagValues, onGrid } from '../flags.js';
import { count } from '../text/format.js';
import { findConfig } from '../workspace.js';

export function validateCommand(): Command {
  const command = new Command('validate')
    .summary('check a grid file: every problem with its line and column')
    .description(
      'Reads a grid file, checks every key and value, the methods it names and the feature extractors they want, and counts its cells. Reads no data, so ' +
        'that whether there are enough points, and which cells are skipped, is for bench plan to say.',
    )
    .addHelpText(
      'after',
      `
Examples:
  bench validate my-grid.yaml
  bench validate --schema > grid.schema.json      for an editor that checks YAML while you type`,
    )
    .option('--schema', 'print the JSON schema of grid files instead');
  return onGrid(command, ['quick', 'json'], validate);
}

async function validate(flags: FlagValues & { schema?: true }): Promise<void> {
  if (flags.schema) {
    const { gridJsonSchema } = await import('@attribution-bench/runner');
    console.log(JSON.stringify(gridJsonSchema(), undefined, 2));
    return;
  }
  const { GridErrors, loadGrid, mostSettings } = await import('@attribution-bench/runner');
  const grid = await loadGrid(findConfig(flags.config), { quick: flags.quick ?? false, withExtractors: true });
  if (grid.broken.length > 0) throw new GridErrors(grid.broken.map(({ place, error }) => ({ ...error, place })));
  const counts = {
    tasks: grid.tasks.length,
    methods: new Set(grid.methods.map(({ loaded }) => loaded.method.id)).size,
    cells: grid.methods.reduce((sum, method) => sum + mostSettings(method), 0) * grid.tasks.length * grid.seeds.length,
    retrainings: grid.tasks.reduce((sum, { truth }) => sum + (truth ? truth.subsets * truth.retrainSeeds : 0), 0),
  };
  if (flags.json) {
    console.log(JSON.stringify({ file: grid.file, ...counts }));
    return;
  }
  console.log(
    `${grid.file} is fine: ${count(counts.tasks, 'task')}, ${count(counts.methods, 'method')}, ` +
      `${grid.select?.budget === undefined ? '' : 'up to '}${count(counts.cells, 'cell')}, ${count(counts.retrainings, 'retraining')} for the truth`,
  );
}
