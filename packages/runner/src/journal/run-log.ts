import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileSystemTime, writeError } from '@attribution-bench/store';
import type { Plan } from '../model/plan.js';
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

/**
 * Begins the log of a run. Its name starts with the time by the clock of the file system, so that names of runs of several
 * machines are in the order in which the runs began.
 * @throws BenchError STORE_UNWRITABLE, STORE_FULL or STORE_WRITE when the folder cannot be made
 */
export function openRunLog(plan: Plan): RunLog {
  const runs = join(plan.resultsFolder, 'runs');
  let id: string;
  let folder = runs;
  let file: number | undefined;
  try {
    mkdirSync(runs, { recursive: true });
    const time = new Date(fileSystemTime(runs)).toISOString().slice(0, 19).replaceAll(':', '-');
    id = newFolder(runs, `${time}-${process.pid}`);
    folder = join(runs, id);
    file = openSync(join(folder, 'events.ndjson'), 'a');
    const described = openSync(join(folder, 'plan.json'), 'w');
    writeSync(described, `${JSON.stringify(describe(id, plan), undefined, 2)}\n`);
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

/** Makes a folder that nobody else has; processes of two machines may have the same id. Returns its name. */
function newFolder(parent: string, name: string): string {
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

function describe(run: string, plan: Plan): unknown {
  const { grid } = plan;
  return {
    run,
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
