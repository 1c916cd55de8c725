import { didYouMean } from '@attribution-bench/contract';
import { loadMethod } from '../methods/load-method.js';
import type { LoadedMethod } from '../model/grid.js';
import { EntryProblem } from './entry-problem.js';
import { externalMethod, externalUses, type SeedsAround } from './external-method.js';
import type { RawGrid } from './schema.js';
import { isTaskOf } from './truth-sweep.js';

type Entry = RawGrid['methods'][number];

/**
 * The method that an entry of a grid names, as a row of the board: under the id and title that the entry gives, for the tasks
 * that it names.
 * @param folder where relative paths start
 * @throws EntryProblem, BenchError FILE_UNREADABLE, MODULE_*, USER_CODE_*
 */
export async function methodOf(entry: Entry, folder: string, seeds: SeedsAround): Promise<LoadedMethod> {
  const { use, tasks } = entry;
  const loaded = externalUses.includes(use) ? await externalMethod(entry, folder, seeds) : await ownRow(entry, folder);
  if (tasks === undefined) return loaded;
  return {
    ...loaded,
    supports: async (task, params) =>
      tasks.some((one) => isTaskOf(one, task.id)) ? loaded.supports(task, params) : `is for ${tasks.join(', ')}`,
  };
}

/** What an entry says that only methods from outside take. */
export function strayFields(entry: Entry): EntryProblem[] {
  const { use, as: _, title: __, tasks: ___, params: ____, grid: _____, ...external } = entry;
  if (externalUses.includes(use)) return [];
  return Object.keys(external).map(
    (stray) => new EntryProblem([stray], `"${stray}" is for use: ${externalUses.join(' and use: ')}`, 'leave it out'),
  );
}

/** The tasks that an entry is for and the grid does not have. */
export function unknownTasks({ tasks = [] }: Entry, known: readonly string[]): EntryProblem[] {
  return tasks.flatMap((task, index) =>
    known.includes(task)
      ? []
      : [
          new EntryProblem(
            ['tasks', index],
            `the grid has no task "${task}"`,
            didYouMean(task, known, `its tasks are ${known.join(', ')}`),
          ),
        ],
  );
}

/** A method whose module computes its scores. */
async function ownRow({ use, as: id, title }: Entry, folder: string): Promise<LoadedMethod> {
  const loaded = await loadMethod(use, folder);
  const { method } = loaded;
  const shown = title ?? (id === undefined ? method.title : `${method.title} (${id})`);
  return { ...loaded, method: { ...method, id: id ?? method.id, title: shown } };
}
