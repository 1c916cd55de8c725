import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileSystemTime, writeAtomically, writeError } from '@attribution-bench/store';
import type { Plan } from '../model/plan.js';
import { type EventFile, openEventFile } from './event-file.js';
import type { RunOutcome } from './events.js';

/** Where a run writes what it says of itself. */
export interface RunLog extends EventFile {
  readonly id: string;
  readonly folder: string;
  /** Keeps how the run ended. @throws BenchError when that cannot be written */
  keep(outcome: RunOutcome): Promise<void>;
}

/**
 * Begins the log of a run, a folder with `plan.json`, `events.ndjson`, and at the end `outcome.json`. Its name starts with
 * the time by the clock of the file system, so that names of runs of several machines are in the order in which the runs began.
 * @throws BenchError STORE_UNWRITABLE, STORE_FULL or STORE_WRITE when the folder cannot be made
 */
export function openRunLog(plan: Plan): RunLog {
  const runs = join(plan.resultsFolder, 'runs');
  let folder = runs;
  try {
    mkdirSync(runs, { recursive: true });
    const time = new Date(fileSystemTime(runs)).toISOString().slice(0, 19).replaceAll(':', '-');
    const id = newFolder(runs, `${time}-${process.pid}`);
    folder = join(runs, id);
    const file = openEventFile(join(folder, 'events.ndjson'));
    const described = openSync(join(folder, 'plan.json'), 'w');
    writeSync(described, `${JSON.stringify(describe(id, plan), undefined, 2)}\n`);
    closeSync(described);
    return {
      ...file,
      id,
      folder,
      keep: (outcome) => writeAtomically(join(folder, 'outcome.json'), `${JSON.stringify(outcome, undefined, 2)}\n`),
    };
  } catch (error) {
    throw writeError(error, folder);
  }
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
