import { didYouMean } from '@attribution-bench/contract';
import { loadMethod } from '../methods/load-method.js';
import type { LoadedMethod } from '../model/grid.js';
import { EntryProblem } from './entry-problem.js';
import { externalMethod, externalUses } from './external-method.js';
import type { RawGrid } from './schema.js';
import { isTaskOf } from './truth-sweep.js';

type Entry = RawGrid['methods'][number];

/** What of a grid the entries of its methods depend on. */
interface GridAround {
  /** Seeds of the grid, and those of them that the run is for. */
  readonly seeds: readonly number[];
  readonly wanted: readonly number[];
  readonly taskIds: readonly string[];
}

/**
 * The method that an entry of a grid names, as a row of the board: under the id and title that the entry gives, for the tasks
 * that it names.
 * @param folder where relative paths start
 * @throws EntryProblem, BenchError FILE_UNREADABLE, MODULE_*, USER_CODE_*
 */
export async function methodOf(entry: Entry, folder: string, around: GridAround): Promise<LoadedMethod> {
  const { use, tasks } = entry;
  checkTasks(tasks, around.taskIds);
  const loaded = externalUses.includes(use) ? await externalMethod(entry, folder, around) : await ownRow(entry, folder);
  if (tasks === undefined) return loaded;
  return {
    ...loaded,
    supports: async (task, params) =>
      tasks.some((one) => isTaskOf(one, task.id)) ? loaded.supports(task, params) : `is for ${tasks.join(', ')}`,
  };
}

/** A method whose module computes its scores. @throws EntryProblem when the entry says what only others take */
async function ownRow(entry: Entry, folder: string): Promise<LoadedMethod> {
  const { use, as: id, title, tasks: _, params: __, grid: ___, ...external } = entry;
  const [stray] = Object.keys(external);
  if (stray !== undefined)
    throw new EntryProblem([stray], `"${stray}" is for use: ${externalUses.join(' and use: ')}`, 'leave it out');
  const loaded = await loadMethod(use, folder);
  const { method } = loaded;
  const shown = title ?? (id === undefined ? method.title : `${method.title} (${id})`);
  return { ...loaded, method: { ...method, id: id ?? method.id, title: shown } };
}

function checkTasks(tasks: readonly string[] | undefined, known: readonly string[]): void {
  const index = (tasks ?? []).findIndex((task) => !known.includes(task));
  if (tasks === undefined || index === -1) return;
  throw new EntryProblem(
    ['tasks', index],
    `the grid has no task "${tasks[index]}"`,
    didYouMean(tasks[index], known, `its tasks are ${known.join(', ')}`),
  );
}
