import { cpus, hostname } from 'node:os';
import PQueue from 'p-queue';
import type { RunOutcome } from '../journal/events.js';
import { openRunLog, type RunLog } from '../journal/run-log.js';
import { brokenOffRun, type RunStatus } from '../journal/run-record.js';
import type { Plan, RunnablePlan } from '../model/plan.js';
import { emitTo } from './events.js';
import { whatBrokeOff } from './failure-text.js';
import { openRun } from './open-run.js';
import type { RunOptions } from './run-options.js';
import type { RunParts } from './run-parts.js';
import { hasResults } from './stored-results.js';

const checksAtOnce = 32;

/**
 * Does what a plan leaves to do, together with every other process, here or on another machine, that works on the same
 * results folder: each takes steps that nobody is at and waits for the others' only when it has nothing else to do, so
 * that all of them end with everything done. A failing step fails the cells that rest on it and nothing else; see the outcome.
 * Stopping (`cancel`, `maxTimeMs`, `failFast`) lets running steps come to their next stopping point.
 * @throws BenchError when the results folder cannot be written at all
 */
export async function runPlan(plan: Plan, options: RunOptions): Promise<RunOutcome> {
  const log = openRunLog(plan);
  try {
    const before = await brokenOffRun(plan.resultsFolder, { grid: plan.grid.name, own: log.id });
    return await runSteps(plan, options, log, before);
  } finally {
    log.close();
  }
}

/**
 * {@link runPlan} of a plan that may be a part of one, with a log of the caller's.
 * @param before the run that ended without a word before this one
 */
export async function runSteps(
  plan: RunnablePlan,
  options: RunOptions,
  log: RunLog,
  before?: RunStatus,
): Promise<RunOutcome> {
  const startedMs = performance.now();
  const run = await openRun(plan, options, emitTo(log, options.onEvent));
  try {
    announce(run, log, before);
    if (run.wanted.length > 0) await noteCode(run);
    enterBrokenCells(run);
    for (const { id } of run.wanted) run.states.want(id);
    await checkReported(run);
    await finishAll(run);
  } finally {
    await run.close();
  }
  const outcome = outcomeOf(run, log, (performance.now() - startedMs) / 1000);
  run.emit({ type: 'run-finished', outcome });
  if (outcome.error !== undefined) return outcome;
  await run.costs.keep(plan.resultsFolder);
  await log.keep(outcome);
  return outcome;
}

/** Keeps what the code of this run's results consists of. */
async function noteCode({ store, plan }: RunParts): Promise<void> {
  for (const { hash, parts } of plan.code) await store.writeCode(hash, parts);
}

/** Tells what is to be done, and what a run before this one may have ended of. */
function announce({ plan, wanted, executor, emit }: RunParts, log: RunLog, before: RunStatus | undefined): void {
  emit({
    type: 'run-started',
    run: log.id,
    grid: plan.grid.name,
    pid: process.pid,
    host: hostname(),
    processor: cpus()[0]?.model ?? process.arch,
    jobs: executor.delegates?.workers ?? executor.capacity,
    steps: wanted.length,
    cached: cachedSteps(plan),
    cells: plan.cells.length,
  });
  if (before !== undefined) emit({ type: 'log', level: 'warning', message: whatBrokeOff(before) });
}

function enterBrokenCells({ ledger, failFast, stop }: RunParts): void {
  if (ledger.enterBroken() > 0 && failFast) stop.stop('fail-fast');
}

/** Has results made again that reports read and that are not sound: the plan was made by listing what is stored. */
async function checkReported({ plan, store, states }: RunParts): Promise<void> {
  const checks = new PQueue({ concurrency: checksAtOnce });
  const reported = plan.steps.filter((step) => step.status === 'cached' && step.reported);
  await checks.addAll(reported.map((step) => async () => (await hasResults(store, step)) || states.lose(step.id)));
}

/** Until nothing is left to do here and nothing to wait for. @throws what a part of this runner throws unforeseen */
async function finishAll({ ready, awaited }: RunParts): Promise<void> {
  do {
    await ready.settled();
    if (ready.isEmpty && awaited.size > 0) await awaited.nextLook();
  } while (!ready.isEmpty || awaited.size > 0);
}

function outcomeOf({ plan, ledger, states, stop, running }: RunParts, log: RunLog, seconds: number): RunOutcome {
  const { reason: incomplete, storeError: error } = stop;
  return {
    run: log.id,
    folder: log.folder,
    counts: { cached: cachedSteps(plan), ...ledger.counts, remaining: states.count('waiting') },
    failedCells: ledger.failedCells,
    ...(incomplete && { incomplete }),
    ...(error && { error }),
    seconds,
    peakRssBytes: running.memory.peakTotalBytes,
  };
}

function cachedSteps({ steps }: RunnablePlan): number {
  return steps.filter(({ status }) => status === 'cached').length;
}
