import { hostname } from 'node:os';
import { join } from 'node:path';
import { type PlainError, toPlainError } from '@attribution-bench/contract';
import { type Claim, openClaims, openStore, removeLeftovers, writeAtomically } from '@attribution-bench/store';
import PQueue from 'p-queue';
import { extendHistory, type Measured, summarise } from '../estimate/history.js';
import { openPool } from '../executors/local/pool.js';
import { memoryMeter } from '../executors/memory-meter.js';
import type { WorkMessage, WorkResult } from '../executors/work.js';
import type { RunEvent, RunOutcome } from '../journal/events.js';
import { openRunLog } from '../journal/run-log.js';
import { brokenOffRun } from '../journal/run-record.js';
import type { Plan } from '../model/plan.js';
import type { PlannedStep } from '../model/step.js';
import { writeLatest } from '../plan/latest.js';
import { readMetric } from '../steps/metric.js';
import { putAside } from './awaited-steps.js';
import { type Running, watchBudget } from './budget-watch.js';
import { watchCells } from './cell-watch.js';
import {
  failureReason,
  isLostInput,
  isStoreFailure,
  misread,
  overMemory,
  overTime,
  whatBrokeOff,
} from './failure-text.js';
import { newForecast } from './forecast.js';
import { after } from './long-timer.js';
import { lostResults } from './lost-results.js';
import { priorities } from './priorities.js';
import { trackSteps } from './step-states.js';

export interface RunOptions {
  /** Worker threads of this process; no more than there are cores are used. */
  readonly jobs: number;
  readonly maxTimeMs?: number;
  readonly failFast?: boolean;
  readonly cancel?: AbortSignal;
  /** After how long without a sign of life the work of another machine is taken over, in ms; default two minutes. */
  readonly silenceMs?: number;
  /** The process is about to be killed: what this run is at is given back to others at once. */
  readonly abandon?: AbortSignal;
  onEvent?(event: RunEvent): void;
}

const triesAtMost = 3;
const heartbeatMs = 1000;
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
  const store = openStore(join(plan.resultsFolder, 'store'), ({ reason, movedTo }) =>
    emit({ type: 'log', level: 'warning', message: `a stored result ${reason}; it was set aside as ${movedTo}` }),
  );
  await removeLeftovers(plan.resultsFolder);

  const byId = new Map(plan.steps.map((step) => [step.id, step]));
  const wanted = plan.steps.filter(({ needed }) => needed);
  const cached = plan.steps.filter(({ status }) => status === 'cached').length;
  const running = new Map<string, Running>();
  const tries = new Map<string, number>();
  const mustRunAlone = new Set<string>();
  const values = new Map<string, number>();
  const measured: { step: PlannedStep; measured: Measured }[] = [];
  const failedCells: { cell: string; reason: string }[] = [];
  const ended = { done: 0, elsewhere: 0, failed: 0, blocked: 0 };
  const forecast = newForecast();
  const budget = watchBudget(plan.grid.budget);
  let alone: PlannedStep[] = [];
  let stopped: RunOutcome['incomplete'];
  let storeError: PlainError | undefined;
  let defect: { readonly error: unknown } | undefined;

  const claims = await openClaims(store, options.silenceMs === undefined ? {} : { silenceMs: options.silenceMs });
  const pool = openPool(options.jobs, store.folder, plan.environment, plan.grid.budget.memoryBytes);
  const queue = new PQueue({ concurrency: pool.threads });
  const checks = new PQueue({ concurrency: checksAtOnce });
  const states = trackSteps(plan.steps, (step) => {
    if (mustRunAlone.has(step.id)) alone.push(step);
    else
      queue
        .add(() => perform(step), { priority: priorities[step.kind] })
        .catch((error: unknown) => {
          defect ??= { error };
          stop('cancelled');
        });
  });
  const aside = putAside(hasTime, (id) => states.of(id) === 'waiting' && states.retry(id));
  const cells = watchCells(plan.cells, states);
  const memory = memoryMeter(
    () => budget.memory(running.values(), memory.rssBytes),
    () => [...running.values()].reduce((sum, { work }) => sum + (work.process?.rssBytes ?? 0), 0),
  );

  emit({
    type: 'run-started',
    run: log.id,
    grid: plan.grid.name,
    pid: process.pid,
    host: hostname(),
    jobs: pool.threads,
    steps: wanted.length,
    cached,
    cells: plan.cells.length,
  });
  const before = await brokenOffRun(plan.resultsFolder, { grid: plan.grid.name, own: log.id });
  if (before !== undefined) emit({ type: 'log', level: 'warning', message: whatBrokeOff(before) });
  const heartbeat = setInterval(beat, heartbeatMs);
  const cancelDeadline = options.maxTimeMs === undefined ? undefined : after(options.maxTimeMs, () => stop('max-time'));
  const onCancel = () => stop('cancelled');
  options.cancel?.addEventListener('abort', onCancel);
  options.abandon?.addEventListener('abort', claims.giveBack);
  if (options.cancel?.aborted === true) onCancel();

  for (const { id, status, reason = '' } of plan.cells)
    if (status === 'broken') {
      failedCells.push({ cell: id, reason });
      emit({ type: 'cell-finished', cell: id, status: 'failed', reason });
      if (options.failFast === true) stop('fail-fast');
    }
  for (const { id } of wanted) states.want(id);
  await Promise.all(
    plan.steps
      .filter(({ status, reported }) => status === 'cached' && reported)
      .map((step) => checks.add(async () => (await isWhole(step)) || states.lose(step.id))),
  );
  for (;;) {
    await queue.onIdle();
    const next = alone.shift();
    if (next !== undefined) await queue.add(() => perform(next));
    else if (aside.size > 0) await aside.nextLook();
    else if (queue.size + queue.pending === 0) break;
  }

  aside.close();
  claims.close();
  clearInterval(heartbeat);
  cancelDeadline?.();
  options.cancel?.removeEventListener('abort', onCancel);
  options.abandon?.removeEventListener('abort', claims.giveBack);
  memory.stop();
  await pool.close();
  if (defect !== undefined) throw defect.error;
  const outcome: RunOutcome = {
    run: log.id,
    folder: log.folder,
    counts: { cached, ...ended, remaining: states.count('waiting') },
    failedCells,
    ...(stopped === undefined ? {} : { incomplete: stopped }),
    ...(storeError === undefined ? {} : { error: storeError }),
    seconds: (performance.now() - startedMs) / 1000,
    peakRssBytes: memory.peakTotalBytes,
  };
  emit({ type: 'run-finished', outcome });
  log.close();
  if (storeError === undefined) {
    await extendHistory(plan.resultsFolder, summarise(measured));
    await writeAtomically(join(log.folder, 'outcome.json'), `${JSON.stringify(outcome, undefined, 2)}\n`);
  }
  return outcome;

  /** Does a step unless another process did it, is at it, or failed at it. */
  async function perform(step: PlannedStep): Promise<void> {
    if (stopped !== undefined || states.of(step.id) !== 'waiting') return;
    states.start(step.id);
    const claim = await claims.take(step.outputs[0]);
    if (claim.status === 'theirs') {
      states.wait(step.id);
      aside.add(step.id);
    } else if (claim.status === 'failed') {
      aside.lookSoon();
      fail(step, claim.error, { seconds: 0, peakRssBytes: memory.rssBytes });
    } else {
      if (!isForced(step) && (await isStored(step))) await foundDone(step);
      else if (stopped === undefined) return compute(step, claim);
      else states.wait(step.id);
      await claim.release();
    }
  }

  /** Whether a result that reports read is sound: large ones were not read whole when the run was planned. */
  async function isWhole({ outputs }: PlannedStep): Promise<boolean> {
    for (const output of outputs) if (!(await store.isSound(output))) return false;
    return true;
  }

  async function isStored({ outputs }: PlannedStep): Promise<boolean> {
    for (const output of outputs) if (!(await store.isSound(output, 0))) return false;
    return true;
  }

  async function foundDone(step: PlannedStep): Promise<void> {
    if (step.kind === 'metric') {
      const read = await readMetric(store, step.outputs[0]).catch(() => undefined);
      if (read !== undefined) values.set(step.id, read.report.value);
    }
    ended.elsewhere++;
    emit({ type: 'step-finished', ...about(step), status: 'elsewhere', seconds: 0, peakRssBytes: memory.rssBytes });
    states.finish(step.id);
    tellCells(step.id);
    aside.lookSoon();
  }

  /** Whether a process has time for steps that were others': no worker thread would wait for it. */
  function hasTime(): boolean {
    const mustBeAlone = [...running.values()].some(({ step }) => mustRunAlone.has(step.id));
    return queue.size === 0 && queue.pending < pool.threads && !mustBeAlone;
  }

  async function compute(step: PlannedStep, claim: Ours): Promise<void> {
    emit({ type: 'step-started', ...about(step) });
    const startedMs = performance.now();
    const peak = memory.start();
    const spent = await secondsSpent(step);
    let stopClock: (() => void) | undefined;
    const work = pool.start(step.job, (message) => {
      if (message.type === 'begun') stopClock = budget.time(entry, spent);
      else relay(step, message);
    });
    const entry: Running = { step, work, rssAtStart: memory.rssBytes, alone: running.size === 0 };
    for (const other of running.values()) other.alone = false;
    running.set(step.id, entry);
    if (stopped !== undefined) work.cancel();
    const result = await work.result;
    stopClock?.();
    running.delete(step.id);
    const peakRssBytes = work.process?.peakRssBytes ?? peak();
    const cost = { seconds: (performance.now() - startedMs) / 1000, peakRssBytes };
    await settle(entry, claim, result, cost);
    aside.lookSoon();
  }

  async function settle({ step, work, over }: Running, claim: Ours, result: WorkResult, cost: Measured): Promise<void> {
    const failed = async (error: PlainError): Promise<void> => {
      await claim.release(error);
      fail(step, error, cost);
    };
    const finished = (status: 'done' | 'cancelled', error?: PlainError) =>
      emit({ type: 'step-finished', ...about(step), status, ...cost, ...(error === undefined ? {} : { error }) });
    if (result.status === 'done') {
      const own = { ...cost, seconds: result.report.seconds };
      const unwritten = await note(step, own);
      await claim.release();
      measured.push({ step, measured: { ...cost, seconds: result.pace.seconds } });
      forecast.note(step, cost.seconds);
      if (result.report.value !== undefined) values.set(step.id, result.report.value);
      ended.done++;
      finished('done');
      states.finish(step.id);
      tellCells(step.id);
      if (unwritten !== undefined) storeFailed(unwritten);
    } else if (result.status === 'cancelled') {
      if (stopped === undefined && over === 'time') return failed(overTime(plan.grid.budget, result.ended === true));
      if (stopped === undefined && over === 'memory') return failed(overMemory(plan.grid.budget));
      await claim.release();
      if (over === 'retry-alone') mustRunAlone.add(step.id);
      finished('cancelled');
      states.retry(step.id);
    } else if (isLostInput(result.error) && mayTryAgain(step)) {
      const lost = await lostResults(step.id, byId, store);
      if (lost.length === 0 && work.process !== undefined) return failed(misread(result.error));
      await claim.release();
      finished('cancelled', result.error);
      remake(step, result.error, lost);
    } else if (isStoreFailure(result.error)) {
      await claim.release();
      finished('cancelled', result.error);
      states.retry(step.id);
      storeFailed(result.error);
    } else await failed(result.error);
  }

  function fail(step: PlannedStep, error: PlainError, cost: Measured): void {
    emit({ type: 'step-finished', ...about(step), status: 'failed', ...cost, error });
    const blocked = states.fail(step.id, error);
    ended.failed++;
    ended.blocked += blocked.length;
    for (const id of blocked) {
      const none = { seconds: 0, peakRssBytes: memory.rssBytes };
      emit({ type: 'step-finished', ...about(byId.get(id) as PlannedStep), status: 'blocked', ...none });
    }
    for (const id of [step.id, ...blocked]) tellCells(id);
    if (options.failFast === true) stop('fail-fast');
  }

  function mayTryAgain({ id }: PlannedStep): boolean {
    const count = (tries.get(id) ?? 1) + 1;
    tries.set(id, count);
    return count <= triesAtMost;
  }

  /** Makes results again that were stored when the run was planned. */
  function remake(step: PlannedStep, error: PlainError, lost: readonly string[]): void {
    emit({ type: 'log', step: step.id, level: 'warning', message: `${error.place ?? ''} ${error.message}`.trim() });
    for (const id of lost) states.lose(id);
    states.retry(step.id);
  }

  /** Keeps what a step cost and what it was made from; an error when that cannot be written. */
  async function note(step: PlannedStep, cost: Measured): Promise<PlainError | undefined> {
    try {
      await store.writeCost(step.outputs[0], cost);
      await writeLatest(store.folder, step);
      return undefined;
    } catch (error) {
      return toPlainError(error);
    }
  }

  /** Seconds that the cell of a score step used up in its fit. */
  async function secondsSpent({ job }: PlannedStep): Promise<number> {
    return job.kind === 'score' ? ((await store.readCost(job.fit))?.seconds ?? 0) : 0;
  }

  function tellCells(id: string): void {
    for (const { cell, failure } of cells.ended(id)) {
      if (failure === undefined) {
        const known = Object.entries(cell.steps?.metrics ?? {}).flatMap(([name, step]) => {
          const value = values.get(step);
          return value === undefined ? [] : [[name, value] as const];
        });
        emit({ type: 'cell-finished', cell: cell.id, status: 'ok', values: Object.fromEntries(known) });
        continue;
      }
      const reason = failureReason(failure.error, byId.get(failure.step));
      failedCells.push({ cell: cell.id, reason });
      emit({ type: 'cell-finished', cell: cell.id, status: 'failed', reason });
    }
  }

  function stop(reason: NonNullable<RunOutcome['incomplete']>): void {
    if (stopped !== undefined) return;
    stopped = reason;
    queue.clear();
    alone = [];
    aside.close();
    for (const { work } of running.values()) work.cancel();
  }

  function storeFailed(error: PlainError): void {
    storeError ??= error;
    stop('store');
  }

  function relay({ id }: PlannedStep, message: Exclude<WorkMessage, { type: 'begun' }>): void {
    if (message.type === 'progress') emit({ type: 'step-progress', step: id, done: message.done });
    else emit({ ...message, step: id });
  }

  function beat(): void {
    const left = wanted.filter(({ id }) => ['waiting', 'running'].includes(states.of(id)));
    const share = ended.done / Math.max(1, ended.done + ended.elsewhere);
    const eta = forecast.seconds(left, pool.threads / share);
    emit({
      type: 'heartbeat',
      done: ended.done,
      elsewhere: ended.elsewhere,
      failed: ended.failed,
      total: wanted.length,
      running: [...running.values()].map(({ step }) => step.label),
      awaited: aside.size,
      rssBytes: memory.totalBytes,
      ...(eta === undefined ? {} : { etaSeconds: eta }),
    });
  }

  function emit(event: Unstamped): void {
    const stamped = { at: Date.now(), ...event } as RunEvent;
    log.write(stamped);
    options.onEvent?.(stamped);
  }
}

type Ours = Extract<Claim, { status: 'ours' }>;

/** Whether a step is to be done again although its result is stored. */
function isForced({ reason }: PlannedStep): boolean {
  return reason === 'forced';
}

type Unstamped = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'at'> : never) : never;

function about({ id, kind, label, task, method }: PlannedStep) {
  return { step: id, kind, label, task, ...(method === undefined ? {} : { method }) };
}
