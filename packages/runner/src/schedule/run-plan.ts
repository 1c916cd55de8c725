import { hostname } from 'node:os';
import { join } from 'node:path';
import { writeAtomically } from '@attribution-bench/store';
import PQueue from 'p-queue';
import type { RunOutcome } from '../journal/events.js';
import { openRunLog, type RunLog } from '../journal/run-log.js';
import { brokenOffRun } from '../journal/run-record.js';
import type { Plan } from '../model/plan.js';
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
  const startedMs = performance.now();
  const log = openRunLog(plan);
  try {
    const run = await openRun(plan, options, emitTo(log, options.onEvent));
    try {
      await announce(run, log);
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
    if (outcome.error === undefined) await keep(run, outcome);
    return outcome;
  } finally {
    log.close();
  }
}

/** Keeps what the code of this run's results consists of. */
async function noteCode({ store, plan }: RunParts): Promise<void> {
  for (const { hash, parts } of plan.code) await store.writeCode(hash, parts);
}

/** Tells what is to be done, and what a run before this one may have ended of. */
async function announce({ plan, wanted, executor, emit }: RunParts, log: RunLog): Promise<void> {
  emit({
    type: 'run-started',
    run: log.id,
    grid: plan.grid.name,
    pid: process.pid,
    host: hostname(),
    jobs: executor.capacity,
    steps: wanted.length,
    cached: cachedSteps(plan),
    cells: plan.cells.length,
  });
  const before = await brokenOffRun(plan.resultsFolder, { grid: plan.grid.name, own: log.id });
  if (before !== undefined) emit({ type: 'log', level: 'warning', message: whatBrokeOff(before) });
}

function enterBrokenCells({ ledger, failFast, stop }: RunParts): void {
  if (ledger.enterBroken() > 0 && failFast) stop.stop('fail-fast');
}

/** Has results made again that reports read and that are not sound: large ones were not read whole when the run was planned. */
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
    peakRssBytes: running.peakTotalBytes,
  };
}

async function keep({ plan, costs }: RunParts, outcome: RunOutcome): Promise<void> {
  await costs.keep(plan.resultsFolder);
  await writeAtomically(join(outcome.folder, 'outcome.json'), `${JSON.stringify(outcome, undefined, 2)}\n`);
}

function cachedSteps({ steps }: Plan): number {
  return steps.filter(({ status }) => status === 'cached').length;
}
