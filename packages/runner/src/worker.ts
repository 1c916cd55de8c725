import { format } from 'node:util';
import { Cancelled, toPlainError } from '@attribution-bench/contract';
import { openStore, type Store } from '@attribution-bench/store';
import { paceMeter, trialSignal } from './run/pace.js';
import type { Work, WorkMessage, WorkResult } from './run/work.js';
import { signalOf } from './steps/cancel.js';
import { type OpenTasks, openTasks } from './steps/open-tasks.js';
import { runStep } from './steps/run-step.js';

/** Tasks that a worker keeps open: the one it is at, and the one it was at before. */
const tasksKept = 2;

let send: (message: WorkMessage) => void = () => undefined;
let bench: { readonly folder: string; readonly store: Store; readonly tasks: OpenTasks } | undefined;

/** Whatever prints in a worker must not mix with what the command prints. */
for (const name of ['log', 'info', 'debug', 'warn', 'error'] as const)
  console[name] = (...parts: unknown[]) =>
    send({ type: 'log', level: name === 'warn' || name === 'error' ? 'warning' : 'info', message: format(...parts) });

/** Does one step in a worker thread. */
export default async function work(given: Work): Promise<WorkResult> {
  const { job, storeFolder, environment, cancel, trialSeconds, port } = given;
  const pace = paceMeter();
  const post = (message: WorkMessage): void => port.postMessage(message);
  send = post;
  const log = (message: string) => post({ type: 'log', level: 'info', message });
  if (bench?.folder !== storeFolder) {
    await bench?.tasks.release();
    const store = openStore(storeFolder, ({ reason, movedTo }) =>
      send({ type: 'log', level: 'warning', message: `a stored result ${reason}; it was set aside as ${movedTo}` }),
    );
    bench = {
      folder: storeFolder,
      store,
      tasks: openTasks(store, tasksKept, {
        ...environment,
        log: (message) => send({ type: 'log', level: 'info', message }),
      }),
    };
  }
  const asked = signalOf(cancel);
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
    port.close();
  }
}

/** A method may bring its own copy of the contract. */
function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
