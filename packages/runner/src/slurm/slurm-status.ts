import { stat } from 'node:fs/promises';
import type { RunStatus } from '../journal/run-record.js';
import { followTask } from './follow-task.js';
import { askQueue, isLive, type TaskStates, taskName } from './job-states.js';
import { logFile, type SlurmRun, slurmRuns, submissionsOf } from './run-folder.js';

/** A run on Slurm: how many of its tasks wait and run, and where failed steps are explained. */
export interface SlurmStatus extends RunStatus {
  readonly slurm: {
    readonly pending: number;
    readonly running: number;
    readonly jobs: readonly string[];
    readonly failures: readonly { readonly step: string; readonly message: string; readonly log: string }[];
  };
}

/** Runs on Slurm of a results folder with tasks in the hands of Slurm, and the newest of the others, newest first. */
export async function readSlurmStatus(
  resultsFolder: string,
  { limit }: { readonly limit: number },
): Promise<SlurmStatus[]> {
  const runs = await slurmRuns(resultsFolder);
  const all = await Promise.all(runs.map(statusOf));
  all.sort((a, b) => b.startedAt - a.startedAt);
  return all.filter(({ state }, index) => state === 'running' || index < limit);
}

async function statusOf(run: SlurmRun): Promise<SlurmStatus> {
  const submissions = await submissionsOf(run);
  const names = submissions.map(({ name }) => name);
  const states: TaskStates = await askQueue(names).catch(() => new Map());
  const done = new Set<string>();
  const failures = new Map<string, SlurmStatus['slurm']['failures'][number]>();
  const at: string[] = [];
  const live = { pending: 0, running: 0 };
  let lastEventAt = 0;
  for (const submission of submissions)
    for (const [index, steps] of submission.packs.entries()) {
      const state = states.get(taskName(submission.name, index));
      const task = followTask(submission, index, steps);
      for (const event of await task.read(state)) {
        lastEventAt = Math.max(lastEventAt, event.at);
        if (event.type !== 'step-finished') continue;
        const { step, label, status, error } = event;
        if (status === 'done' || status === 'elsewhere') done.add(step);
        else if (status === 'failed' && error !== undefined)
          failures.set(step, { step: label, message: error.message, log: logFile(submission, index) });
      }
      if (state === undefined || !isLive(state)) continue;
      live[state.state === 'PENDING' ? 'pending' : 'running']++;
      at.push(...task.wasAt);
    }
  for (const step of done) failures.delete(step);
  const isRunning = live.pending + live.running > 0;
  const startedAt = await stat(run.folder).then(
    ({ birthtimeMs }) => birthtimeMs,
    () => 0,
  );
  return {
    run: run.id,
    grid: run.grid,
    host: 'Slurm',
    pid: 0,
    startedAt,
    state: isRunning ? 'running' : done.size >= run.steps ? 'finished' : 'interrupted',
    done: done.size,
    elsewhere: 0,
    failed: failures.size,
    total: run.steps,
    running: isRunning ? at : [],
    lastEventAt,
    slurm: { ...live, jobs: submissions.flatMap(({ job }) => job ?? []), failures: [...failures.values()] },
  };
}
