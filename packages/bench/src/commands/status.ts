import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SlurmStatus } from '@attribution-bench/runner/slurm';
import type { RunStatus } from '@attribution-bench/runner/status';
import { Command } from 'commander';
import { type FlagValues, wholeNumber, withFlags } from '../flags.js';
import { count, formatBytes, formatDuration } from '../text/format.js';
import { table } from '../text/table.js';
import { resultsFolder } from '../workspace.js';

export function statusCommand(): Command {
  const command = new Command('status')
    .summary('how runs are doing, on this machine and on others')
    .description(
      'Reads the event files in the results folder: which processes run, on which machines, what each of them is doing, and how ' +
        'the newest runs ended.',
    )
    .option('--limit <n>', 'how many ended runs to show', wholeNumber, 5);
  return withFlags(command, 'json', 'results').action(showStatus);
}

async function showStatus(flags: FlagValues & { limit: number }): Promise<void> {
  const { readStatus } = await import('@attribution-bench/runner/status');
  const folder = resultsFolder(flags.results);
  const runs = [...(await slurmRuns(folder, flags)), ...(await readStatus(folder, { limit: flags.limit }))];
  if (flags.json) console.log(JSON.stringify(runs, undefined, 2));
  else console.log(runs.length === 0 ? `no run in ${folder} yet` : statusText(runs));
}

/** Runs on Slurm; where there never was one, nothing is loaded for them. */
async function slurmRuns(folder: string, { limit }: { limit: number }): Promise<SlurmStatus[]> {
  if (!existsSync(join(folder, 'slurm'))) return [];
  const { readSlurmStatus } = await import('@attribution-bench/runner/slurm');
  return readSlurmStatus(folder, { limit });
}

function statusText(runs: readonly (RunStatus | SlurmStatus)[]): string {
  const overview = table(
    ['run', 'host', 'grid', 'state', 'done', 'by others', 'failed', 'of', 'eta', 'memory', 'started'],
    runs.map((run) => [
      run.run,
      run.host,
      run.grid,
      run.outcome?.incomplete ?? run.state,
      run.done,
      run.elsewhere,
      run.failed,
      run.total,
      run.state === 'running' && run.etaSeconds !== undefined ? formatDuration(run.etaSeconds) : '',
      run.rssBytes === undefined ? '' : formatBytes(run.rssBytes),
      new Date(run.startedAt).toISOString(),
    ]),
  );
  const details = runs.flatMap((run) => [
    ...('slurm' in run ? slurmLines(run) : []),
    ...(run.state === 'running' && run.running.length > 0
      ? [`${run.run} on ${run.host} is at: ${run.running.join(', ')}`]
      : []),
    ...(run.outcome?.failedCells ?? []).map(({ cell, reason }) => `${run.run} failed ${cell}: ${reason}`),
  ]);
  return [overview, ...details].join('\n');
}

function slurmLines({ run, slurm: { jobs, pending, running, failures } }: SlurmStatus): string[] {
  const tasks = pending + running === 0 ? 'no task left' : `${count(running, 'task')} running, ${pending} waiting`;
  return [
    `${run}: ${tasks}; jobs ${jobs.join(', ') || 'none'}`,
    ...failures.map(({ step, message, log }) => `${run} failed ${step}: ${message}: see ${log}`),
  ];
}
