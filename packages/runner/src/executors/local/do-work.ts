import { Cancelled, type CancelSignal, toPlainError } from '@attribution-bench/contract';
import { openStore, type Store } from '@attribution-bench/store';
import { type OpenTasks, openTasks } from '../../steps/open-tasks.js';
import { runStep } from '../../steps/registry.js';
import type { Work, WorkMessage, WorkResult } from '../work.js';
import { paceMeter, trialSignal } from './pace.js';

/** Tasks that are kept open: the one that a step is at, and the one before. */
const tasksKept = 2;

let send: (message: WorkMessage) => void = () => undefined;
let bench: { readonly location: string; readonly store: Store; readonly tasks: OpenTasks } | undefined;

/** Does one step in this thread; not for concurrent use. What it takes to do steps is kept from one to the next. */
export async function doWork(
  given: Work,
  asked: CancelSignal,
  post: (message: WorkMessage) => void,
  { besideUserCode = false }: { readonly besideUserCode?: boolean } = {},
): Promise<WorkResult> {
  const { job, storeLocation, environment, trialSeconds } = given;
  const pace = paceMeter();
  send = post;
  const log = (message: string) => send({ type: 'log', level: 'info', message });
  if (bench?.location !== storeLocation) {
    await bench?.tasks.release();
    const store = openStore(
      storeLocation,
      ({ reason, movedTo }) =>
        send({ type: 'log', level: 'warning', message: `a stored result ${reason}; it was set aside as ${movedTo}` }),
      { moves: !besideUserCode },
    );
    bench = { location: storeLocation, store, tasks: openTasks(store, tasksKept, { ...environment, log }) };
  }
  const signal = trialSeconds === undefined ? asked : trialSignal(asked, trialSeconds, pace.read);
  const { store, tasks } = bench;
  const begun = () => post({ type: 'begun' });
  let shown = 0;
  const progress = (done: number) => {
    if (trialSeconds !== undefined) pace.mark(done);
    if (done < 1 && done - shown < 0.01) return;
    shown = done;
    post({ type: 'progress', done });
  };
  try {
    signal.throwIfAborted();
    const report = await runStep(job, { store, tasks, environment, cancel: signal, begun, progress, log });
    return { status: 'done', report, pace: pace.read() };
  } catch (error) {
    if (error instanceof Cancelled || isNamed(error, 'Cancelled')) return { status: 'cancelled', pace: pace.read() };
    return { status: 'failed', error: toPlainError(error) };
  } finally {
    send = () => undefined;
  }
}

/** A method may bring its own copy of the contract. */
function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
