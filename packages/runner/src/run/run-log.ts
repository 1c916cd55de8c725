import { closeSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { writeError } from '@attribution-bench/store';
import type { Grid } from '../grid/grid.js';
import type { Plan } from '../plan/plan.js';
import type { RunEvent } from './events.js';

/** The folder of one run: `plan.json`, `events.ndjson`, and at the end `outcome.json`. */
export interface RunLog {
  readonly id: string;
  readonly folder: string;
  /** When the run started by the clock of the file system, in ms since 1970. */
  readonly startedAt: number;
  /** Appends an event. A log that can no longer be written ends without ending the run. */
  write(event: RunEvent): void;
  close(): void;
}

const heartbeatEveryMs = 10_000;

/** @throws BenchError STORE_UNWRITABLE, STORE_FULL or STORE_WRITE when the folder cannot be made */
export function openRunLog(plan: Plan, startedAt: number): RunLog {
  const runs = join(plan.resultsFolder, 'runs');
  const name = `${new Date(startedAt).toISOString().slice(0, 19).replaceAll(':', '-')}-${process.pid}`;
  let id: string;
  let folder = runs;
  let file: number | undefined;
  let fileSystemTime: number;
  try {
    id = newFolder(runs, name);
    folder = join(runs, id);
    file = openSync(join(folder, 'events.ndjson'), 'a');
    const described = openSync(join(folder, 'plan.json'), 'w');
    writeSync(described, `${JSON.stringify(describe(plan, plan.grid), undefined, 2)}\n`);
    closeSync(described);
    fileSystemTime = statSync(join(folder, 'plan.json')).mtimeMs;
  } catch (error) {
    throw writeError(error, folder);
  }
  let lastHeartbeat = 0;
  return {
    id,
    folder,
    startedAt: fileSystemTime,
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

/** Makes a folder that nobody else has; processes of two machines may have the same id. Returns its name. */
function newFolder(parent: string, name: string): string {
  mkdirSync(parent, { recursive: true });
  for (let n = 1; ; n++) {
    const unique = n === 1 ? name : `${name}-${n}`;
    try {
      mkdirSync(join(parent, unique));
      return unique;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
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
