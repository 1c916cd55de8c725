import { resolve } from 'node:path';
import { BenchError, fromPlainError } from '@attribution-bench/contract';
import { Command } from 'commander';
import { exitCode, exitOf } from '../exit-codes.js';
import { printFailure } from '../failure.js';
import { type FlagValues, onGrid, wholeNumber, withFlags } from '../flags.js';
import { onInterrupt } from '../interrupt.js';
import { planFrom } from '../plan-from-flags.js';
import { requireResults } from '../require-results.js';
import { closingLines, exitCodeOf, runWithProgress } from '../run-with-progress.js';
import { count, formatBytes } from '../text/format.js';
import { table } from '../text/table.js';
import { resultsFolder, resultsPlace } from '../workspace.js';

/** Digits of a key that tell it from all others. */
const shortKey = 16;

export function truthCommand(): Command {
  const command = new Command('truth')
    .summary('the ground truth alone: build, verify, export, import')
    .description('The retrained models that every LDS is measured against.')
    .addHelpText(
      'after',
      `
Examples:
  bench truth build digits.yaml
  bench truth verify digits.yaml --rows 8               retrains 8 random rows per task and compares
  bench truth export digits.yaml                        one small file per task, to commit and share
  bench truth import results/truth/digits-mlp-*.safetensors --config digits.yaml
  bench truth import --foreign wikitext-gpt2/           a truth that others published; prints how a grid names it`,
    );
  command.addCommand(
    onGrid(
      new Command('build').description(
        'retrain the models on all subsets; several at once on one results folder divide the work',
      ),
      ['jobs', 'maxTime', 'quick', 'engine', 'device', 'progress', 'json', 'results'],
      build,
    ),
  );
  command.addCommand(
    onGrid(
      new Command('verify')
        .description('retrain random rows of the stored truth and compare; exit code 1 when one differs')
        .option('--rows <k>', 'how many rows per task', wholeNumber, 4),
      ['jobs', 'quick', 'engine', 'device', 'json', 'results'],
      verify,
    ),
  );
  command.addCommand(
    onGrid(
      new Command('export')
        .description(
          'write one truth pack per task; of a task of which only the truth is known, the folder it was read from',
        )
        .option('--to <folder>', 'folder to write to (default: truth/ of the results folder)'),
      ['quick', 'engine', 'device', 'json', 'results'],
      exportPacks,
    ),
  );
  command.addCommand(
    withFlags(
      new Command('import')
        .description('put the retrainings of truth packs, or a truth that others published, into the store')
        .argument('[file...]', 'truth packs')
        .option('--foreign <folder>', 'a published truth: truth.json, masks.npy, outputs.npy; needs no --config'),
      ...(['config', 'quick', 'engine', 'device', 'json', 'results'] as const),
    ).action(importTruths),
  );
  return command;
}

async function build(flags: FlagValues): Promise<void> {
  const outcome = await runWithProgress(await planFrom(flags, { scope: 'truth' }), flags);
  for (const line of closingLines(outcome)) console.error(line);
  process.exitCode = exitCodeOf(outcome);
}

async function verify(flags: FlagValues & { rows: number }): Promise<void> {
  const { verifyTruth } = await import('@attribution-bench/runner');
  const plan = await planFrom(flags, { scope: 'truth', readOnly: true });
  const cancel = new AbortController();
  const release = onInterrupt({ stop: () => cancel.abort(), abandon() {} });
  const { rows, jobs } = flags;
  const results = await verifyTruth(plan, { rows, jobs, cancel: cancel.signal }).finally(release);
  const compared = results.flatMap(({ task, rows }) => rows.map((row) => ({ task, ...row })));
  const failures = results.flatMap(({ failure }) => (failure === undefined ? [] : [fromPlainError(failure)]));
  if (flags.json) console.log(JSON.stringify(results, undefined, 2));
  else if (compared.length > 0) {
    console.log(
      table(
        ['task', 'subset', 'seed', 'verdict', 'largest difference'],
        compared.map((row) => [
          row.task,
          row.subset,
          row.seed,
          row.identical ? 'same bytes' : 'DIFFERS',
          row.largestDifference,
        ]),
      ),
    );
  }
  for (const failure of failures) printFailure(failure, flags.debug ?? false);
  const [failed] = failures;
  if (compared.some(({ identical }) => !identical)) process.exitCode = exitCode.cellFailed;
  else if (failed !== undefined) process.exitCode = exitOf[failed.code];
}

async function exportPacks(flags: FlagValues & { to?: string }): Promise<void> {
  const { exportForeign, exportTruth } = await import('@attribution-bench/runner');
  const { requireWritable } = await import('@attribution-bench/store');
  await requireWritable(flags.to === undefined ? resultsFolder(flags.results) : resolve(flags.to));
  const plan = await planFrom(flags, { scope: 'truth', readOnly: true });
  const foreign = await exportForeign(plan, flags.to);
  const onlyForeign = plan.tasks.every((task) => task.truth === undefined || task.foreign !== undefined);
  const packs =
    foreign.length > 0 && onlyForeign
      ? []
      : await exportTruth(plan, { ...(flags.to !== undefined && { folder: flags.to }) });
  if (flags.json) console.log(JSON.stringify([...packs, ...foreign], undefined, 2));
  else {
    for (const { task, file, bytes } of packs) console.log(`${task}: ${file} (${formatBytes(bytes)})`);
    for (const { task, folder } of foreign) console.log(`${task}: ${folder}`);
  }
}

async function importTruths(files: string[], flags: FlagValues & { foreign?: string }): Promise<void> {
  if ((files.length === 0) === (flags.foreign === undefined))
    throw new BenchError({
      code: 'FLAG_ALONE',
      place: 'truth import',
      message: files.length === 0 ? 'names nothing to import' : 'names truth packs and --foreign at once',
      next: 'name truth packs, or --foreign and a folder',
    });
  if (flags.foreign === undefined) await importPacks(files, flags);
  else await importPublished(flags.foreign, flags);
}

async function importPublished(folder: string, flags: FlagValues): Promise<void> {
  const { importForeign } = await import('@attribution-bench/runner');
  const results = resultsPlace(flags.results);
  await requireResults(results);
  const imported = await importForeign(resolve(folder), results.storeLocation);
  if (flags.json) {
    console.log(JSON.stringify(imported, undefined, 2));
    return;
  }
  const { title, target, licence, source, subsets, train, queries, singleRuns, key } = imported;
  const ceiling =
    singleRuns > 1 ? `yes: ${singleRuns} single runs of each subset` : 'no: no two single runs of a subset';
  console.log(
    [
      `${title} (licence: ${licence}; ${source})`,
      `  ${count(subsets, 'subset')} of ${count(train, 'training point')}, ${queries} ${queries === 1 ? 'query' : 'queries'}`,
      `  target: ${target}`,
      `  noise ceiling: ${ceiling}`,
      `  key: ${key}`,
      'In a grid file:',
      '  tasks:',
      '    - id: my-name',
      '      kind: foreign',
      `      truth: { foreign: "${key.slice(0, shortKey)}" }`,
    ].join('\n'),
  );
}

async function importPacks(files: string[], flags: FlagValues): Promise<void> {
  const { importTruth } = await import('@attribution-bench/runner');
  const plan = await planFrom(flags, { scope: 'truth' });
  for (const file of files) {
    try {
      const { task, added, present } = await importTruth(plan, file);
      console.log(
        flags.json
          ? JSON.stringify({ file, task, added, present })
          : `${task}: ${added} retrainings added, ${present} were already stored`,
      );
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
      printFailure(error, flags.debug ?? false);
      process.exitCode = exitOf[error.code];
    }
  }
}
