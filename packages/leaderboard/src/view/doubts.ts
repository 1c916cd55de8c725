import { plural } from '@attribution-bench/contract';
import { formatInterval, formatValue } from './format.js';
import type { TaskView } from './task-view.js';

/** With fewer subsets, intervals and ties say little. */
const fewestSubsets = 32;

/** Why the numbers of a task should not be relied on, one sentence each; empty where nothing speaks against them. */
export function doubtsOf(view: TaskView): string[] {
  const { task, metric } = view;
  if (metric === undefined) return [];
  return [modelDoubt(view), ...ceilingDoubts(view), subsetsDoubt(view), seedsDoubt(view)]
    .flatMap((doubt) => doubt ?? [])
    .map((doubt) => `${task.id}: ${doubt}`);
}

/** A classifier whose accuracy on the queries is within two standard errors of guessing. */
function modelDoubt({ task }: TaskView): string | undefined {
  const { queryAccuracy } = task.sanity;
  if (task.classes < 2 || queryAccuracy === undefined) return undefined;
  const chance = 1 / task.classes;
  const error = Math.sqrt((chance * (1 - chance)) / task.queries);
  if (queryAccuracy > chance + 2 * error) return undefined;
  return `the model is at chance (query accuracy ${formatValue(queryAccuracy)} with ${task.classes} classes), so that there is little to attribute`;
}

/** Of metrics that have a ceiling wherever it can be known. */
function ceilingDoubts({ task, metric, ceiling, noCeiling }: TaskView): string[] {
  if (noCeiling !== undefined) return ['the noise ceiling is not available'];
  if (ceiling?.value !== undefined && ceiling.value.low <= 0)
    return [`the interval of the noise ceiling, ${formatInterval(ceiling.value)}, includes 0`];
  if (ceiling === undefined && task.truth !== undefined && metric?.params.statistic !== undefined)
    return ['the noise ceiling is not available: it takes two retrainings of each subset'];
  return [];
}

function subsetsDoubt({ task }: TaskView): string | undefined {
  if (task.truth === undefined || task.report.subsets === 0 || task.report.subsets >= fewestSubsets) return undefined;
  return `only ${plural(task.report.subsets, 'subset')} are reported on (fewer than ${fewestSubsets})`;
}

function seedsDoubt({ ranked }: TaskView): string | undefined {
  const seeds = Math.max(0, ...ranked.map(({ row }) => row.seeds.length));
  return seeds === 1 ? 'one method seed: how much other seeds would differ is not known' : undefined;
}
