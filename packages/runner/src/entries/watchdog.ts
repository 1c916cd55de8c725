import { Socket } from 'node:net';
import { workerData } from 'node:worker_threads';
import { controlDescriptor, reportMs } from '../isolation/control.js';

/**
 * A thread beside user code, which goes on when that loops for ever. Through the control socket it tells the bench how much
 * memory the process has and hears which question is to stop; when the bench is gone, so is the process and all it started.
 */
const newestToStop = workerData as Int32Array<SharedArrayBuffer>;
const control = new Socket({ fd: controlDescriptor, readable: true, writable: true });
let received = '';
control.setEncoding('utf8').on('data', (text: string) => {
  const lines = (received + text).split('\n');
  received = lines.pop() ?? '';
  for (const number of lines) Atomics.store(newestToStop, 0, Number(number));
});
control.on('error', () => undefined);
control.on('close', endAll);
setInterval(() => control.write(`${process.memoryUsage.rss()}\n`), reportMs);

function endAll(): void {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.kill(process.pid, 'SIGKILL');
  }
}
