import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunEvent } from '../../src/index.js';

/** Runs a grid in a process of its own, which is killed once so many steps are finished; what it told. */
export async function runElsewhere(
  file: string,
  results: string,
  killAfter = Number.POSITIVE_INFINITY,
): Promise<RunEvent[]> {
  const script = join(import.meta.dirname, 'run-grid.js');
  const child = spawn(process.execPath, [script, file, results], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const events: RunEvent[] = [];
  for await (const line of createInterface(child.stdout)) {
    events.push(JSON.parse(line));
    if (events.filter(({ type }) => type === 'step-finished').length >= killAfter) child.kill('SIGKILL');
  }
  await ended;
  return events;
}
