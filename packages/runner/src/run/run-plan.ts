import { hostname } from 'node:os';
import { join } from 'node:path';
import { BenchError, exitCode, type PlainError, toPlainError } from '@attribution-bench/contract';
import { openStore, writeAtomically } from '@attribution-bench/store';
import PQueue from 'p-queue';
import { writeLatest } from '../plan/latest.js';
import type { Plan, PlannedStep, StepKind } from '../plan/plan.js';
import { watchCells } from './cell-watch.js';
import type { RunEvent, RunOutcome } from './events.js';
import { newForecast } from './forecast.js';
import { memoryMeter } from './memory.js';
import { openPool, type RunningWork } from './pool.js';
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

/** The truth comes before the cells, so that each finished cell has its values. */
const priorities: Readonly<Record<StepKind, number>> = {
  dataset: 8,
  task: 7,
  train: 6,
  retrain: 5,
  truth: 4,
  metric: 3,
  score: 2,
  fit: 1,
};
const triesAtMost = 3;
const heartbeatMs = 1000;

interface Running {
  readonly step: PlannedStep;
  readonly work: RunningWork;
  readonly rssAtStart: number;
  /** Whether no other step ran at any time since it started. */
  alone: boolean;
  /** Why it was told to stop, where not because the whole run stops. */
  over?: 'time' | 'memory' | 'retry-alone';
}

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
  const emit = (event: Unstamped): void => {
    const stamped = { at: Date.now(), ...event } as RunEvent;
    log.write(stamped);
    options.onEvent?.(stamped);
  };

  const wanted = plan.steps.filter(({ needed }) => needed);
  const byId = new Map(plan.steps.map((step) => [step.id, step]));
  const forecast = newForecast();
  const running = new Map<string, Running>();
  const tries = new Map<string, number>();
  const fitSeconds = new Map<string, number>();
  const values = new Map<string, number>();
  const failedCells: { cell: string; reason: string }[] = [];
  const ended = { done: 0, failed: 0, blocked: 0 };
  let alone: PlannedStep[] = [];
  const mustRunAlone = new Set<string>();
  let stopped: RunOutcome['incomplete'];
  let storeError: PlainError | undefined;
  let defect: unknown;

  const pool = openPool(options.jobs, store.folder);
  const queue = new PQueue({ concurrency: pool.threads });
  const states = trackSteps(plan.steps, (step) => {
    if (mustRunAlone.has(step.id)) alone.push(step);
    else
      queue
        .add(() => perform(step), { priority: priorities[step.kind] })
        .catch((error: unknown) => {
          defect ??= error;
          stop('store');
        });
  });
  const cells = watchCells(plan.cells, states);
  const memory = memoryMeter(() => watchMemory());

  const stop = (reason: NonNullable<RunOutcome['incomplete']>): void => {
    if (stopped !== undefined) return;
    stopped = reason;
    queue.clear();
    alone = [];
    for (const { work } of running.values()) work.cancel();
  };

  emit({
    type: 'run-started',
    run: log.id,
    grid: plan.grid.name,
    pid: process.pid,
    host: hostname(),
    jobs: pool.threads,
    steps: wanted.length,
    cached: plan.steps.filter(({ status }) => status === 'cached').length,
    cells: plan.cells.length,
  });
  const heartbeat = setInterval(beat, heartbeatMs);
  const deadline = options.maxTimeMs === undefined ? undefined : setTimeout(() => stop('max-time'), options.maxTimeMs);
  const onCancel = () => stop('cancelled');
  options.cancel?.addEventListener('abort', onCancel);
  if (options.cancel?.aborted === true) onCancel();

  if (stopped === undefined) for (const { id } of wanted) states.want(id);
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
  if (defect !== undefined) throw defect;
  const outcome: RunOutcome = {
    run: log.id,
    folder: log.folder,
    counts: {
      cached: plan.steps.filter(({ status }) => status === 'cached').length,
      ...ended,
      remaining: states.count('waiting'),
    },
    failedCells,
    ...(stopped === undefined ? {} : { incomplete: stopped }),
    ...(storeError === undefined ? {} : { error: storeError }),
    seconds: (Date.now() - startedAt) / 1000,
    peakRssBytes: memory.peakBytes,
  };
  emit({ type: 'run-finished', outcome });
  log.close();
  if (storeError === undefined)
    await writeAtomically(join(log.folder, 'outcome.json'), `${JSON.stringify(outcome, undefined, 2)}\n`);
  return outcome;

  async function perform(step: PlannedStep): Promise<void> {
    if (stopped !== undefined || states.of(step.id) !== 'waiting') return;
    states.start(step.id);
    const { kind, label, task, method } = step;
    const about = { step: step.id, kind, label, task, ...(method === undefined ? {} : { method }) };
    emit({ type: 'step-started', ...about });
    const startedMs = performance.now();
    const peak = memory.start();
    const work = pool.start(step.job, (message) => relay(step, message));
    const entry: Running = { step, work, rssAtStart: memory.rssBytes, alone: running.size === 0 };
    for (const other of running.values()) other.alone = false;
    running.set(step.id, entry);
    const limit = timeLeft(step);
    const timer =
      limit === undefined
        ? undefined
        : setTimeout(() => {
            entry.over ??= 'time';
            work.cancel();
          }, limit);
    const result = await work.result;
    clearTimeout(timer);
    running.delete(step.id);
    const seconds = (performance.now() - startedMs) / 1000;
    const cost = { seconds, peakRssBytes: peak() };
    const finished = (status: 'done' | 'failed' | 'cancelled', error?: PlainError) =>
      emit({ type: 'step-finished', ...about, status, ...cost, ...(error === undefined ? {} : { error }) });
    const failed = (error: PlainError): void => {
      finished('failed', error);
      fail(step, error);
    };

    if (result.status === 'done') {
      const own = { ...cost, seconds: result.report.seconds };
      const error = await noted(step, own);
      forecast.note(step, seconds);
      if (kind === 'fit') fitSeconds.set(step.id, own.seconds);
      if (result.report.value !== undefined) values.set(step.id, result.report.value);
      ended.done++;
      finished('done');
      states.finish(step.id);
      tellCells(step);
      if (error !== undefined) storeFailed(error);
    } else if (result.status === 'cancelled') {
      if (entry.over === 'retry-alone' && stopped === undefined) {
        finished('cancelled');
        mustRunAlone.add(step.id);
        states.retry(step.id);
      } else if (entry.over !== undefined && stopped === undefined) failed(overBudget(plan, entry.over));
      else {
        finished('cancelled');
        states.retry(step.id);
      }
    } else if (await remade(step, result)) {
      finished('cancelled', result.error);
    } else if (isStoreFailure(result.error)) {
      finished('cancelled', result.error);
      states.retry(step.id);
      storeFailed(result.error);
    } else failed(result.error);
  }

  function relay({ id }: PlannedStep, message: WorkMessage): void {
    if (message.type === 'progress') emit({ type: 'step-progress', step: id, done: message.done });
    else emit({ ...message, step: id });
  }

  /** Keeps what a step cost and what it was made from; a failure to do so stops the run. */
  async function noted(
    step: PlannedStep,
    cost: { seconds: number; peakRssBytes: number },
  ): Promise<PlainError | undefined> {
    try {
      await store.writeCost(step.outputs[0], cost);
      await writeLatest(store.folder, step);
      return undefined;
    } catch (error) {
      return toPlainError(error);
    }
  }

  /** Whether a step failed for want of a result that was stored before, which is then made again. */
  async function remade(step: PlannedStep, result: WorkResult): Promise<boolean> {
    if (result.status !== 'failed' || !['STORE_MISSING', 'STORE_CORRUPT'].includes(result.error.code)) return false;
    const count = (tries.get(step.id) ?? 1) + 1;
    tries.set(step.id, count);
    if (count > triesAtMost || stopped !== undefined) return false;
    emit({
      type: 'log',
      step: step.id,
      level: 'warning',
      message: `${result.error.place ?? ''} ${result.error.message}`.trim(),
    });
    const lost: string[] = [];
    const visit = async (id: string): Promise<void> => {
      for (const need of byId.get(id)?.needs ?? []) {
        const stored = await Promise.all((byId.get(need)?.outputs ?? []).map((output) => store.has(output)));
        if (stored.every(Boolean)) continue;
        lost.push(need);
        await visit(need);
      }
    };
    await visit(step.id);
    for (const id of lost.reverse()) states.lose(id);
    states.retry(step.id);
    return true;
  }

  function fail(step: PlannedStep, error: PlainError): void {
    const blocked = states.fail(step.id, error);
    ended.failed++;
    ended.blocked += blocked.length;
    for (const id of blocked) {
      const { kind, label, task, method } = byId.get(id) as PlannedStep;
      emit({
        type: 'step-finished',
        step: id,
        kind,
        label,
        task,
        ...(method === undefined ? {} : { method }),
        status: 'blocked',
        seconds: 0,
        peakRssBytes: memory.rssBytes,
      });
    }
    for (const id of [step.id, ...blocked]) tellCells({ id });
    if (options.failFast === true) stop('fail-fast');
  }

  function tellCells(step: Pick<PlannedStep, 'id'>): void {
    for (const { cell, failure } of cells.ended(step)) {
      if (failure === undefined) {
        const metrics = Object.entries(cell.steps?.metrics ?? {}).flatMap(([name, id]) => {
          const value = values.get(id);
          return value === undefined ? [] : [[name, value] as const];
        });
        emit({ type: 'cell-finished', cell: cell.id, status: 'ok', values: Object.fromEntries(metrics) });
        continue;
      }
      const reason = reasonOf(failure.error, byId.get(failure.step));
      failedCells.push({ cell: cell.id, reason });
      emit({ type: 'cell-finished', cell: cell.id, status: 'failed', reason });
    }
  }

  function storeFailed(error: PlainError): void {
    storeError ??= error;
    stop('store');
  }

  /** Milliseconds that a step of a cell may take; fit and score share the budget. */
  function timeLeft(step: PlannedStep): number | undefined {
    const { cellMs } = plan.grid.budget;
    if (cellMs === undefined || (step.kind !== 'fit' && step.kind !== 'score')) return undefined;
    const spent = step.kind === 'score' ? step.needs.reduce((sum, id) => sum + (fitSeconds.get(id) ?? 0), 0) : 0;
    return Math.max(0, cellMs - spent * 1000);
  }

  /**
   * Memory is the process's, so a step can only be blamed when it ran alone all the time. When steps side by side use
   * more than their budgets together, those of cells are stopped and tried again one by one at the end.
   */
  function watchMemory(): void {
    const { memoryBytes } = plan.grid.budget;
    if (memoryBytes === undefined || running.size === 0) return;
    const entries = [...running.values()];
    const before = Math.min(...entries.map(({ rssAtStart }) => rssAtStart));
    if (memory.rssBytes - before <= memoryBytes * entries.length) return;
    for (const entry of entries) {
      if (entry.over !== undefined || (entry.step.kind !== 'fit' && entry.step.kind !== 'score')) continue;
      entry.over = entry.alone ? 'memory' : 'retry-alone';
      entry.work.cancel();
    }
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
}

type Unstamped = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'at'> : never) : never;

function isStoreFailure({ code }: PlainError): boolean {
  return ['STORE_FULL', 'STORE_UNWRITABLE', 'STORE_WRITE'].includes(code);
}

function reasonOf(error: PlainError, step: PlannedStep | undefined): string {
  const where = step === undefined || ['fit', 'score', 'metric'].includes(step.kind) ? step?.kind : step.label;
  const next = error.next === undefined ? '' : `, ${error.next}`;
  return `${where === undefined ? '' : `${where}: `}${error.message}${next}`;
}

function overBudget({ grid }: Plan, what: 'time' | 'memory' | 'retry-alone'): PlainError {
  const { cellMs, memoryBytes } = grid.budget;
  return toPlainError(
    new BenchError(
      what === 'time'
        ? {
            code: 'BUDGET_TIME',
            message: `took longer than budget.cell (${(cellMs ?? 0) / 1000} s)`,
            next: 'raise the budget or shrink the method',
            exit: exitCode.cellFailed,
          }
        : {
            code: 'BUDGET_MEMORY',
            message: `took more memory than budget.memory (${memoryBytes} bytes)`,
            next: 'raise the budget or use smaller blocks',
            exit: exitCode.cellFailed,
          },
    ),
  );
}
