import { Cancelled, type CancelSignal, toPlainError } from '@attribution-bench/contract';
import { gatherRows, openStore, type Store } from '@attribution-bench/store';
import type { Work, WorkMessage, WorkResult } from '../../model/work.js';
import { type OpenTasks, openTasks } from '../../steps/open-tasks.js';
import type { PointMemory } from '../../steps/point-memory.js';
import { runStep } from '../../steps/registry.js';
import { paceMeter, trialSignal } from './pace.js';

/** Tasks that are kept open: the one that a step is at, and the one before. */
const tasksKept = 2;
/** Progress is told in steps of at least this share. */
const leastProgress = 0.01;

type Hear = (message: WorkMessage) => void;

/** Hears about the step that is being done. */
let hearer: Hear = () => undefined;
/** What is kept from one step to the next. */
let bench: { readonly location: string; readonly store: Store; readonly tasks: OpenTasks } | undefined;

export interface DoWorkOptions {
  /** Where training points are kept. The same for all steps. */
  readonly points: PointMemory;
  /** How many threads the step may compute on, now; default one. */
  readonly threads?: () => number;
  /** Whether user code runs in this process. */
  readonly besideUserCode?: boolean;
}

/** Does one step in this thread, one after the other. What it takes to do steps is kept from one to the next. */
export async function doWork(
  work: Work,
  cancel: CancelSignal,
  hear: Hear,
  options: DoWorkOptions,
): Promise<WorkResult> {
  const { job, environment, trialSeconds } = work;
  const gathers = work.gathers === true && options.besideUserCode !== true;
  const pace = paceMeter();
  hearer = hear;
  try {
    const { store, tasks } = await openBench(work, options);
    const signal = trialSeconds === undefined ? cancel : trialSignal(cancel, trialSeconds, pace.read);
    const begun = (): void => hear({ type: 'begun' });
    const progress = tellProgress(hear, trialSeconds === undefined ? undefined : pace.mark);
    signal.throwIfAborted();
    const gathering = gathers ? gatherRows(store) : { store, rows: [] };
    const report = await runStep(job, {
      store: gathering.store,
      tasks,
      points: options.points,
      environment,
      cancel: signal,
      begun,
      progress,
      log,
    });
    const { rows } = gathering;
    return { status: 'done', report, pace: pace.read(), ...(rows.length > 0 && { gathered: rows }) };
  } catch (error) {
    if (error instanceof Cancelled || isNamed(error, 'Cancelled')) return { status: 'cancelled', pace: pace.read() };
    return { status: 'failed', error: toPlainError(error) };
  } finally {
    hearer = () => undefined;
  }
}

async function openBench({ storeLocation, environment }: Work, options: DoWorkOptions) {
  const { points, threads, besideUserCode = false } = options;
  if (bench?.location === storeLocation) return bench;
  await bench?.tasks.release();
  const store = openStore(
    storeLocation,
    ({ reason, movedTo }) => tell('warning', `a stored result ${reason}; it was set aside as ${movedTo}`),
    { moves: !besideUserCode },
  );
  const tasks = openTasks(store, tasksKept, points, { ...environment, log }, threads);
  bench = { location: storeLocation, store, tasks };
  return bench;
}

function log(message: string): void {
  tell('info', message);
}

function tell(level: 'info' | 'warning', message: string): void {
  hearer({ type: 'log', level, message });
}

/** @param mark told of every progress, however small */
function tellProgress(hear: Hear, mark: ((done: number) => void) | undefined): (done: number) => void {
  let shown = 0;
  return (done) => {
    mark?.(done);
    if (done < 1 && done - shown < leastProgress) return;
    shown = done;
    hear({ type: 'progress', done });
  };
}

/** A method may bring its own copy of the contract. */
function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
