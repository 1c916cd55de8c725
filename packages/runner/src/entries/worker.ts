import { format } from 'node:util';
import { MessageChannel, type MessagePort, parentPort } from 'node:worker_threads';
import { signalOf } from '../executors/local/cancel-flag.js';
import { doWork } from '../executors/local/do-work.js';
import { pointsBeyond } from '../executors/local/thread-points.js';
import { readShare } from '../executors/local/thread-share.js';
import type { ThreadMessage, ThreadWork } from '../executors/local/thread-work.js';
import type { WorkMessage, WorkResult } from '../model/work.js';

let numberOfStep: number | undefined;
let portOfPoints: MessagePort | undefined;

function tell(told: ThreadMessage, transferred: readonly MessagePort[] = []): void {
  parentPort?.postMessage(told, transferred);
}

function send(message: WorkMessage): void {
  if (numberOfStep !== undefined) tell({ number: numberOfStep, message });
}

/** Whatever prints in a worker must not mix with what the command prints. */
for (const name of ['log', 'info', 'debug', 'warn', 'error'] as const)
  console[name] = (...parts: unknown[]) =>
    send({ type: 'log', level: name === 'warn' || name === 'error' ? 'warning' : 'info', message: format(...parts) });

/** Few steps ask for points, since tasks stay open: a port is made for one that does. */
const points = pointsBeyond(() => {
  if (numberOfStep === undefined) throw new RangeError('no step is being done');
  if (portOfPoints === undefined) {
    const { port1, port2 } = new MessageChannel();
    tell({ number: numberOfStep, points: port1 }, [port1]);
    portOfPoints = port2;
  }
  return portOfPoints;
});

/**
 * Answers once this module is loaded.
 * @public called by its name
 */
export function load(): void {}

/** Does one step in a worker thread. */
export default async function work({ cancel, share, number, ...given }: ThreadWork): Promise<WorkResult> {
  numberOfStep = number;
  try {
    return await doWork(given, signalOf(cancel), send, { points, threads: () => readShare(share) });
  } finally {
    tell({ number, hasEnded: true });
    numberOfStep = undefined;
    portOfPoints?.close();
    portOfPoints = undefined;
  }
}
