import { resolve } from 'node:path';
import { Command } from 'commander';
import { exitCode } from '../exit-codes.js';
import { type FlagValues, notNegative, onGrid, wholeNumber } from '../flags.js';
import { onInterrupt } from '../interrupt.js';
import { engineFrom, gridFrom } from '../plan-from-flags.js';
import { closingLines, exitCodeOf, runWithProgress } from '../run-with-progress.js';
import { count } from '../text/format.js';
import { resultsPlace } from '../workspace.js';

interface ExportFlags extends FlagValues {
  readonly task: string;
  readonly to: string;
  readonly seed?: number;
  readonly checkpoints?: number;
  readonly trajectory?: number;
  readonly withTruth?: true;
  readonly overwrite?: true;
}

export function exportCommand(): Command {
  return onGrid(
    new Command('export')
      .summary('write a task for other programs: arrays, models, the network')
      .description(
        'Writes a task as a folder that needs none of this code to be read: NumPy arrays, safetensors by layer, ONNX, and ' +
          'task.json that says what they are (docs/task-folder.md). What has to be trained for it is trained, or taken from ' +
          'the results. The folder appears complete or not at all.',
      )
      .requiredOption('--task <id>', 'a task of the grid')
      .requiredOption('--to <folder>', 'where to')
      .option('--seed <n>', 'seed of methods that the models are for (default: the first of the grid)', notNegative)
      .option(
        '--checkpoints <n>',
        'models trained independently (default: as many as methods of the grid use)',
        wholeNumber,
      )
      .option(
        '--trajectory <n>',
        'models along the first run, 0 for none (default: as many as methods use)',
        notNegative,
      )
      .option('--with-truth', 'also write the ground truth on which parameters are chosen, never what is reported')
      .option('--overwrite', 'replace a task that the folder holds; other folders are never touched')
      .addHelpText(
        'after',
        `
Examples:
  bench export digits.yaml --task digits-mlp --to digits-mlp
  bench export digits.yaml --task digits-mlp --to digits-mlp --checkpoints 5 --trajectory 0 --overwrite`,
      ),
    ['jobs', 'quick', 'engine', 'device', 'progress', 'json', 'results'],
    run,
  );
}

async function run(flags: ExportFlags): Promise<void> {
  const { exportTask, planExport } = await import('@attribution-bench/runner');
  const { checkExportTarget } = await import('@attribution-bench/exchange');
  const folder = resolve(flags.to);
  await checkExportTarget(folder, flags.overwrite ?? false);
  const grid = await gridFrom(flags);
  const { folder: resultsFolder, storeLocation } = resultsPlace(flags.results);
  const options = {
    resultsFolder,
    storeLocation,
    engine: engineFrom(flags),
    onLog: (message: string) => console.error(message),
  };
  const planned = await planExport(grid, options, flags);
  if (planned.plan.steps.some(({ needed }) => needed)) {
    const outcome = await runWithProgress(planned.plan, flags);
    for (const line of closingLines(outcome)) console.error(line);
    process.exitCode = exitCodeOf(outcome);
    if (process.exitCode !== exitCode.ok) return;
  }
  const cancel = new AbortController();
  const release = onInterrupt({ stop: () => cancel.abort(), abandon() {} });
  await checkExportTarget(folder, flags.overwrite ?? false);
  await exportTask(planned, folder, { replace: true, cancel: cancel.signal }).finally(release);
  const { source, models, truth } = planned;
  const { id } = source.spec;
  const [checkpoints, trajectory] = [models.checkpoints.length, planned.snapshots];
  if (flags.json) {
    const written = { task: id, folder, checkpoints, trajectory };
    console.log(JSON.stringify({ ...written, truth: truth !== undefined }));
    return;
  }
  const parts = [count(checkpoints, 'model'), `${trajectory} along the first run`];
  if (truth !== undefined) parts.push(`truth of ${count(truth.tune.subsets.length, 'subset')}`);
  console.log(`${id}: ${folder} (${parts.join(', ')})`);
}
