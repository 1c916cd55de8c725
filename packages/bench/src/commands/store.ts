import { BenchError } from '@attribution-bench/contract';
import { Command } from 'commander';
import { exitCode } from '../exit-codes.js';
import { type FlagValues, withFlags } from '../flags.js';
import { onInterrupt } from '../interrupt.js';
import { hasResults } from '../require-results.js';
import { count, formatBytes } from '../text/format.js';
import { resultsPlace } from '../workspace.js';

export function storeCommand(): Command {
  const command = new Command('store')
    .summary('results between a bucket and a folder: copy')
    .description('What a results folder or a bucket keeps, as a whole.');
  const copy = new Command('copy')
    .description(
      'Copies the results of one place that another one lacks, and how far truths were grown. Each is checked against its ' +
        'checksums on the way and appears whole or not at all: a copy that was stopped goes on when the same command is given again. ' +
        'Claims, what was set aside, boards and what runs said of themselves stay; bench report makes boards anew.',
    )
    .argument('<from>', 'a results folder, or s3://bucket/prefix')
    .argument('<to>', 'another one, which is made if it does not exist; buckets are not made')
    .addHelpText(
      'after',
      `
Examples:
  bench store copy s3://lab/digits results        from a bucket, as --results named it, to look at them here
  bench store copy results s3://lab/digits`,
    );
  command.addCommand(withFlags(copy, 'json').action(copyResults));
  return command;
}

async function copyResults(fromFlag: string, toFlag: string, flags: FlagValues): Promise<void> {
  const { copyObjects, copyStore, openBackend } = await import('@attribution-bench/store');
  const [from, to] = [resultsPlace(fromFlag), resultsPlace(toFlag)];
  if (from.location === to.location)
    throw new BenchError({
      code: 'STORE_WRITE',
      place: to.location,
      message: 'would be copied onto itself',
      next: 'name two places',
    });
  if (!(await hasResults(from)))
    throw new BenchError({
      code: 'STORE_MISSING',
      place: from.location,
      message: 'has no results',
      next: 'name a folder with `store` in it, or what --results named',
    });
  const target = openBackend(to.storeLocation);
  await target.requireWritable();
  const cancel = new AbortController();
  const release = onInterrupt({ stop: () => cancel.abort(), abandon() {} });
  const onProgress = copyNote((line) => console.error(line));
  const found = await copyStore(openBackend(from.storeLocation), target, { cancel: cancel.signal, onProgress });
  await copyObjects(openBackend(from.location), openBackend(to.location), { folder: 'growth', cancel: cancel.signal });
  release();
  const { names, ...rest } = found;
  if (flags.json) console.log(JSON.stringify({ copied: names.length, ...rest }, undefined, 2));
  else {
    for (const { place, reason } of found.damaged) console.error(`not copied: ${place} ${reason}`);
    const what = `${count(names.length, 'object')}, ${formatBytes(found.bytes)}`;
    console.log(`copied: ${what}; there already: ${count(found.present, 'object')}`);
  }
  if (cancel.signal.aborted) {
    console.error('stopped: what is copied is kept, the same command continues');
    process.exitCode = exitCode.incomplete;
  } else if (found.damaged.length > 0) process.exitCode = exitCode.cellFailed;
}

const noteMs = 3000;

/** Says, now and then, how far a copy is. */
function copyNote(say: (line: string) => void): (done: number, total: number, bytes: number) => void {
  let saidMs = performance.now();
  return (done, total, bytes) => {
    if (performance.now() - saidMs < noteMs) return;
    saidMs = performance.now();
    say(`copied ${done} of ${count(total, 'object')}, ${formatBytes(bytes)}`);
  };
}
