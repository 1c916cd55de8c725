import { BenchError, didYouMean } from '@attribution-bench/contract';
import type { Grid } from '../model/grid.js';

/** The grid with one of its tasks. @throws BenchError UNKNOWN_NAME when it has none of that id */
export function onlyTask(grid: Grid, id: string): Grid {
  const task = grid.tasks.find((other) => other.id === id);
  if (task !== undefined) return { ...grid, tasks: [task] };
  const ids = grid.tasks.map((other) => other.id);
  throw new BenchError({
    code: 'UNKNOWN_NAME',
    place: grid.file,
    message: `has no task "${id}"`,
    next: didYouMean(id, ids, `its tasks are ${ids.join(', ')}`),
  });
}
