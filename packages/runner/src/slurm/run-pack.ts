import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { BenchError } from '@attribution-bench/contract';
import { openStore } from '@attribution-bench/store';
import { openEventFile } from '../journal/event-file.js';
import type { RunEvent, RunOutcome } from '../journal/events.js';
import type { RunLog } from '../journal/run-log.js';
import type { PlannedStep } from '../model/step.js';
import type { RunOptions } from '../schedule/run-options.js';
import { runSteps } from '../schedule/run-plan.js';
import { type PackedPlan, readPack } from './pack-file.js';
import { eventsFile, pinProcessor } from './run-folder.js';
import { unstored } from './stored-steps.js';
import { noticeMs } from './time-limit.js';

/** What the scheduler says of the task that this process is. */
export interface TaskPlace {
  /** Folder of the submission. */
  readonly folder: string;
  readonly index: number;
  /** `<array>_<index>`. */
  readonly job: string;
  /** How much time the scheduler gives it from its start to its end, in ms, where it says so. */
  readonly limitMs?: number;
  /** How much of that was over when this process began, in ms. */
  readonly setupMs: number;
}

export interface PackRunOptions extends Pick<RunOptions, 'cancel' | 'abandon'> {
  /** Begins to hear of the run. @param steps those that are to be done */
  listen(steps: readonly PlannedStep[]): (event: RunEvent) => void;
}

/**
 * Does the steps of a pack, as one of many tasks: plans nothing, asks for no data, and leaves steps alone whose inputs nobody
 * has stored. Its events are what the watching command follows.
 * @throws BenchError SLURM_RUN when there is no such pack, SLURM_PROCESSOR on processors that the run does not keep to
 */
export async function runPack(
  { folder, index, job, limitMs: told, setupMs }: TaskPlace,
  { listen, ...options }: PackRunOptions,
): Promise<RunOutcome> {
  const pack = await readPack(folder, index);
  const log = taskLog(folder, index, job);
  try {
    if (pack.pinCpu) await requireProcessor(dirname(dirname(folder)), log, pack, job);
    const limitMs = told ?? pack.minutes * 60_000;
    const maxTimeMs = Math.max(1, limitMs - noticeMs(limitMs) - setupMs - process.uptime() * 1000);
    const plan = { ...pack, steps: await withInputs(pack) };
    const onEvent = listen(plan.steps.filter(({ needed }) => needed));
    return await runSteps(plan, { ...options, onEvent, jobs: pack.cpus, maxTimeMs, job }, log);
  } finally {
    log.close();
  }
}

function taskLog(folder: string, index: number, job: string): RunLog {
  return { ...openEventFile(eventsFile({ folder }, index)), id: job, folder, keep: async () => undefined };
}

async function requireProcessor(runFolder: string, log: RunLog, { grid }: PackedPlan, job: string): Promise<void> {
  const processor = cpus()[0]?.model ?? process.arch;
  const pinned = await pinProcessor(runFolder, processor);
  if (pinned === processor) return;
  const about = { run: job, grid: grid.name, pid: process.pid, host: '', jobs: 0, steps: 0, cached: 0, cells: 0 };
  log.write({ type: 'run-started', at: Date.now(), ...about, processor });
  throw new BenchError({
    code: 'SLURM_PROCESSOR',
    message: `this node has ${processor}, and the run keeps to ${pinned}`,
    next: 'name the kind of node in `constraint` of the profile, or leave out --pin-cpu',
  });
}

/** The steps without those whose inputs are not stored, and those that rest on them. */
async function withInputs({ steps, storeLocation }: PackedPlan): Promise<PlannedStep[]> {
  const inputs = steps.filter(({ needed }) => !needed);
  const missing = new Set((await unstored(openStore(storeLocation), inputs)).map(({ id }) => id));
  return steps.filter(({ id, needs }) => {
    if (needs.some((need) => missing.has(need))) missing.add(id);
    return !missing.has(id);
  });
}
