import { format } from 'node:util';
import type { MessagePort } from 'node:worker_threads';
import { signalOf } from '../executors/local/cancel-flag.js';
import { doWork } from '../executors/local/do-work.js';
import { pointsBeyond } from '../executors/local/thread-points.js';
import { readShare } from '../executors/local/thread-share.js';
import type { ThreadWork } from '../executors/local/thread-work.js';
import type { WorkMessage, WorkResult } from '../model/work.js';

let portOfStep: MessagePort | undefined;
let send: (message: WorkMessage) => void = () => undefined;

/** Whatever prints in a worker must not mix with what the command prints. */
for (const name of ['log', 'info', 'debug', 'warn', 'error'] as const)
  console[name] = (...parts: unknown[]) =>
    send({ type: 'log', level: name === 'warn' || name === 'error' ? 'warning' : 'info', message: format(...parts) });

const points = pointsBeyond(() => {
  if (portOfStep === undefined) throw new RangeError('no step is being done');
  return portOfStep;
});

/** Does one step in a worker thread. */
export default async function work({ cancel, share, port, ...given }: ThreadWork): Promise<WorkResult> {
  portOfStep = port;
  send = (message) => port.postMessage(message);
  try {
    return await doWork(given, signalOf(cancel), send, { points, threads: () => readShare(share) });
  } finally {
    send = () => undefined;
    portOfStep = undefined;
    port.close();
  }
}
