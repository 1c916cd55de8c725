import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { writeError } from '@attribution-bench/store';
import type { Grid } from '../grid/grid.js';
import type { Plan } from '../plan/plan.js';
import type { RunEvent } from './events.js';

/** The folder of one run: `plan.json`, `events.ndjson`, and at the end `outcome.json`. */
export interface RunLog {
  readonly id: string;
  readonly folder: string;
  /** Appends an event. A log that can no longer be written ends without ending the run. */
  write(event: RunEvent): void;
  close(): void;
}

const heartbeatEveryMs = 10_000;

/** @throws BenchError STORE_UNWRITABLE, STORE_FULL or STORE_WRITE when the folder cannot be made */
export function openRunLog(plan: Plan, startedAt: number): RunLog {
  const id = `${new Date(startedAt).toISOString().slice(0, 19).replaceAll(':', '-')}-${process.pid}`;
  const folder = join(plan.resultsFolder, 'runs', id);
  let file: number | undefined;
  try {
    mkdirSync(folder, { recursive: true });
    file = openSync(join(folder, 'events.ndjson'), 'a');
    const described = openSync(join(folder, 'plan.json'), 'w');
    writeSync(described, `${JSON.stringify(describe(plan, plan.grid), undefined, 2)}\n`);
    closeSync(described);
  } catch (error) {
    throw writeError(error, folder);
  }
  let lastHeartbeat = 0;
  return {
    id,
    folder,
    write(event) {
      if (file === undefined || event.type === 'step-progress') return;
      if (event.type === 'heartbeat') {
        if (event.at - lastHeartbeat < heartbeatEveryMs) return;
        lastHeartbeat = event.at;
      }
      try {
        writeSync(file, `${JSON.stringify(event)}\n`);
      } catch {
        this.close();
      }
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

function describe(plan: Plan, grid: Grid): unknown {
  return {
    grid: grid.name,
    file: grid.file,
    seed: grid.seed,
    quick: grid.quick,
    engine: plan.engine,
    tasks: plan.tasks.map(({ task, key, truth }) => ({ id: task.id, key, truth: truth?.key })),
    cells: plan.cells.map(({ id, status, reason }) => ({ id, status, reason })),
    steps: plan.steps
      .filter(({ needed }) => needed)
      .map(({ id, label, status, reason }) => ({ id, label, status, reason })),
  };
}
