import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { BenchError } from '@attribution-bench/contract';
import { openStore } from '@attribution-bench/store';
import type { Executor, OpenExecutor } from '../executors/executor.js';
import { openLocalExecutor } from '../executors/local/local-executor.js';
import { openEventFile } from '../journal/event-file.js';
import type { RunEvent, RunOutcome } from '../journal/events.js';
import type { RunLog } from '../journal/run-log.js';
import type { PlannedStep } from '../model/step.js';
import type { RunOptions } from '../schedule/run-options.js';
import { runSteps } from '../schedule/run-plan.js';
import { type PackedPlan, readPack } from './pack-file.js';
import { eventsFile, pinProcessor } from './run-folder.js';
import { stealSteps } from './steal-steps.js';
import { isStored, unstored } from './stored-steps.js';
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
  /** Begins to hear of the run, and of each part of another pack that is done after it. @param steps those that are to be done */
  listen(steps: readonly PlannedStep[]): (event: RunEvent) => void;
}

/**
 * Does the steps of a pack, as one of many tasks, and then some of those that other tasks of its array have not come to: plans
 * nothing, asks for no data, and leaves steps alone whose inputs nobody has stored. Its events are what the watching command follows.
 * @throws BenchError SLURM_RUN when there is no such pack, SLURM_PROCESSOR on processors that the run does not keep to
 */
export async function runPack(
  { folder, index, job, limitMs: told, setupMs }: TaskPlace,
  { listen, ...options }: PackRunOptions,
): Promise<RunOutcome> {
  const pack = await readPack(folder, index);
  const log = taskLog(folder, index, job);
  const workers = keepOpen(openLocalExecutor);
  try {
    if (pack.pinCpu) await requireProcessor(dirname(dirname(folder)), log, pack, job);
    const limitMs = told ?? pack.minutes * 60_000;
    const msLeft = (): number => limitMs - noticeMs(limitMs) - setupMs - process.uptime() * 1000;
    const run = async (part: PackedPlan, isOwn: boolean): Promise<RunOutcome> => {
      const plan = { ...part, steps: await withInputs(part) };
      const onEvent = listen(plan.steps.filter(({ needed }) => needed));
      const settings = { onEvent, jobs: pack.cpus, maxTimeMs: Math.max(1, msLeft()), job, leavesOthers: !isOwn };
      return runSteps(plan, { ...options, ...settings, executor: workers.open }, partOfLog(log, isOwn));
    };
    let outcome = await run(await withoutStolen(pack), true);
    if (outcome.incomplete === undefined)
      await stealSteps(
        { folder, index },
        pack,
        () => msLeft() / 1000,
        async (part) => {
          const more = await run(part, false);
          outcome = together(outcome, more);
          return more;
        },
      );
    log.write({ type: 'run-finished', at: Date.now(), outcome });
    return outcome;
  } finally {
    await workers.close();
    log.close();
  }
}

function taskLog(folder: string, index: number, job: string): RunLog {
  return { ...openEventFile(eventsFile({ folder }, index)), id: job, folder, keep: async () => undefined };
}

/** The log of a task for one of its runs: a task begins once, and ends once. */
function partOfLog(log: RunLog, isFirst: boolean): RunLog {
  return {
    ...log,
    write(event) {
      if (event.type !== 'run-finished' && (isFirst || event.type !== 'run-started')) log.write(event);
    },
  };
}

/** What a task has done, with what it did for others. */
function together(own: RunOutcome, more: RunOutcome): RunOutcome {
  const { counts, seconds } = own;
  return {
    ...own,
    ...more,
    counts: { ...counts, done: counts.done + more.counts.done, failed: counts.failed + more.counts.failed },
    seconds: seconds + more.seconds,
  };
}

/** Opens an executor once for runs that follow one another, each of which waits for what it has begun. */
function keepOpen(open: OpenExecutor): { readonly open: OpenExecutor; close(): Promise<void> } {
  let opened: Executor | undefined;
  return {
    async open(context) {
      opened ??= await open(context);
      return { ...opened, close: async () => undefined };
    },
    close: async () => opened?.close(),
  };
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

/** The pack; as one that is done where others have done all of it, so that nothing is read, nor made ready, for it. */
async function withoutStolen(pack: PackedPlan): Promise<PackedPlan> {
  const store = openStore(pack.storeLocation);
  for (const step of pack.steps)
    if (step.needed && (step.reason === 'forced' || !(await isStored(store, step)))) return pack;
  return { ...pack, steps: pack.steps.map((step) => ({ ...step, status: 'cached', needed: false, reported: false })) };
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
