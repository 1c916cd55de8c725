import { Command } from 'commander';
import { type FlagValues, withFlags } from '../flags.js';
import { planFrom } from '../plan-from-flags.js';
import { count } from '../text/format.js';

export function validateCommand(): Command {
  const command = new Command('validate')
    .summary('check a grid file: every problem with its line and column')
    .description('Reads a grid file, checks every key and value, loads the methods it names, and counts its cells.')
    .addHelpText(
      'after',
      `
Examples:
  bench validate --config my-grid.yaml
  bench validate --schema > grid.schema.json      for an editor that checks YAML while you type`,
    )
    .option('--schema', 'print the JSON schema of grid files instead');
  return withFlags(command, 'config', 'quick', 'engine', 'json', 'results').action(validate);
}

async function validate(flags: FlagValues & { schema?: true }): Promise<void> {
  if (flags.schema) {
    const { gridJsonSchema } = await import('@attribution-bench/runner');
    console.log(JSON.stringify(gridJsonSchema(), undefined, 2));
    return;
  }
  const plan = await planFrom(flags);
  const { grid } = plan;
  const skipped = plan.cells.filter(({ status }) => status === 'skipped').length;
  const retrainings = plan.tasks.reduce((sum, { truth }) => sum + (truth?.total ?? 0), 0);
  const methods = new Set(plan.cells.map(({ method }) => method)).size;
  if (flags.json) {
    const { tasks, cells } = plan;
    console.log(
      JSON.stringify({ file: grid.file, tasks: tasks.length, methods, cells: cells.length, skipped, retrainings }),
    );
    return;
  }
  const cells = `${count(plan.cells.length, 'cell')}${skipped === 0 ? '' : ` (${skipped} skipped, see bench plan)`}`;
  console.log(
    `${grid.file} is fine: ${count(plan.tasks.length, 'task')}, ${count(methods, 'method')}, ${cells}, ` +
      `${count(retrainings, 'retraining')} for the truth`,
  );
}
