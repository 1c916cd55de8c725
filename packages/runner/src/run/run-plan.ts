import { hostname } from 'node:os';
import { join } from 'node:path';
import { type PlainError, toPlainError } from '@attribution-bench/contract';
import { openStore, writeAtomically } from '@attribution-bench/store';
import PQueue from 'p-queue';
import { extendHistory, type Measured, summarise } from '../estimate/history.js';
import { writeLatest } from '../plan/latest.js';
import type { Plan, PlannedStep } from '../plan/plan.js';
import { type Running, watchBudget } from './budget-watch.js';
import { watchCells } from './cell-watch.js';
import type { RunEvent, RunOutcome } from './events.js';
import { failureReason, isLostInput, isStoreFailure, overMemory, overTime } from './failure-text.js';
import { newForecast } from './forecast.js';
import { lostResults } from './lost-results.js';
import { memoryMeter } from './memory.js';
import { openPool } from './pool.js';
import { priorities } from './priorities.js';
import { openRunLog } from './run-log.js';
import { trackSteps } from './step-states.js';
import type { WorkMessage, WorkResult } from './work.js';

export interface RunOptions {
  /** Worker threads; no more than there are cores are used. */
  readonly jobs: number;
  readonly maxTimeMs?: number;
  readonly failFast?: boolean;
  readonly cancel?: AbortSignal;
  onEvent?(event: RunEvent): void;
}

const triesAtMost = 3;
const heartbeatMs = 1000;

/**
 * Does what a plan leaves to do. A failing step fails the cells that rest on it and nothing else; see the outcome.
 * Stopping (`cancel`, `maxTimeMs`, `failFast`) lets running steps come to their next stopping point.
 * @throws BenchError when the results folder cannot be written at all
 */
export async function runPlan(plan: Plan, options: RunOptions): Promise<RunOutcome> {
  const startedAt = Date.now();
  const log = openRunLog(plan, startedAt);
  const store = openStore(join(plan.resultsFolder, 'store'));
  await store.removeLeftovers();

  const byId = new Map(plan.steps.map((step) => [step.id, step]));
  const wanted = plan.steps.filter(({ needed }) => needed);
  const cached = plan.steps.filter(({ status }) => status === 'cached').length;
  const running = new Map<string, Running>();
  const tries = new Map<string, number>();
  const mustRunAlone = new Set<string>();
  const values = new Map<string, number>();
  const measured: { step: PlannedStep; measured: Measured }[] = [];
  const failedCells: { cell: string; reason: string }[] = [];
  const ended = { done: 0, failed: 0, blocked: 0 };
  const forecast = newForecast();
  const budget = watchBudget(plan.grid.budget);
  let alone: PlannedStep[] = [];
  let stopped: RunOutcome['incomplete'];
  let storeError: PlainError | undefined;
  let defect: { readonly error: unknown } | undefined;

  const pool = openPool(options.jobs, store.folder, plan.environment);
  const queue = new PQueue({ concurrency: pool.threads });
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
  const cells = watchCells(plan.cells, states);
  const memory = memoryMeter(() => budget.memory(running.values(), memory.rssBytes));

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
  const heartbeat = setInterval(beat, heartbeatMs);
  const deadline = options.maxTimeMs === undefined ? undefined : setTimeout(() => stop('max-time'), options.maxTimeMs);
  const onCancel = () => stop('cancelled');
  options.cancel?.addEventListener('abort', onCancel);
  if (options.cancel?.aborted === true) onCancel();

  for (const { id } of wanted) states.want(id);
  for (;;) {
    await queue.onIdle();
    const next = alone.shift();
    if (next === undefined) break;
    await queue.add(() => perform(next));
  }

  clearInterval(heartbeat);
  clearTimeout(deadline);
  options.cancel?.removeEventListener('abort', onCancel);
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
    seconds: (Date.now() - startedAt) / 1000,
    peakRssBytes: memory.peakBytes,
  };
  emit({ type: 'run-finished', outcome });
  log.close();
  if (storeError === undefined) {
    await extendHistory(plan.resultsFolder, summarise(measured));
    await writeAtomically(join(log.folder, 'outcome.json'), `${JSON.stringify(outcome, undefined, 2)}\n`);
  }
  return outcome;

  async function perform(step: PlannedStep): Promise<void> {
    if (stopped !== undefined || states.of(step.id) !== 'waiting') return;
    states.start(step.id);
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
    const result = await work.result;
    stopClock?.();
    running.delete(step.id);
    const cost = { seconds: (performance.now() - startedMs) / 1000, peakRssBytes: peak() };
    await settle(entry, result, cost);
  }

  async function settle({ step, over }: Running, result: WorkResult, cost: Measured): Promise<void> {
    const finished = (status: 'done' | 'cancelled', error?: PlainError) =>
      emit({ type: 'step-finished', ...about(step), status, ...cost, ...(error === undefined ? {} : { error }) });
    if (result.status === 'done') {
      const own = { ...cost, seconds: result.report.seconds };
      const unwritten = await note(step, own);
      measured.push({ step, measured: { ...cost, seconds: result.pace.seconds } });
      forecast.note(step, cost.seconds);
      if (result.report.value !== undefined) values.set(step.id, result.report.value);
      ended.done++;
      finished('done');
      states.finish(step.id);
      tellCells(step.id);
      if (unwritten !== undefined) storeFailed(unwritten);
    } else if (result.status === 'cancelled') {
      if (stopped === undefined && over === 'time') return fail(step, overTime(plan.grid.budget), cost);
      if (stopped === undefined && over === 'memory') return fail(step, overMemory(plan.grid.budget), cost);
      if (over === 'retry-alone') mustRunAlone.add(step.id);
      finished('cancelled');
      states.retry(step.id);
    } else if (isLostInput(result.error) && (await remake(step, result.error))) finished('cancelled', result.error);
    else if (isStoreFailure(result.error)) {
      finished('cancelled', result.error);
      states.retry(step.id);
      storeFailed(result.error);
    } else fail(step, result.error, cost);
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

  /** Makes results again that were stored when the run was planned; false when that was tried often enough. */
  async function remake(step: PlannedStep, error: PlainError): Promise<boolean> {
    const count = (tries.get(step.id) ?? 1) + 1;
    tries.set(step.id, count);
    if (count > triesAtMost) return false;
    emit({ type: 'log', step: step.id, level: 'warning', message: `${error.place ?? ''} ${error.message}`.trim() });
    for (const id of await lostResults(step.id, byId, store)) states.lose(id);
    states.retry(step.id);
    return true;
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
    const eta = forecast.seconds(left, pool.threads);
    emit({
      type: 'heartbeat',
      done: ended.done,
      failed: ended.failed,
      total: wanted.length,
      running: [...running.values()].map(({ step }) => step.label),
      rssBytes: memory.rssBytes,
      ...(eta === undefined ? {} : { etaSeconds: eta }),
    });
  }

  function emit(event: Unstamped): void {
    const stamped = { at: Date.now(), ...event } as RunEvent;
    log.write(stamped);
    options.onEvent?.(stamped);
  }
}

type Unstamped = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'at'> : never) : never;

function about({ id, kind, label, task, method }: PlannedStep) {
  return { step: id, kind, label, task, ...(method === undefined ? {} : { method }) };
}
