import { plural } from '@attribution-bench/contract';
import type { OverallBoard } from '../board.js';
import { formatLevel } from './format.js';

/** `Share of the noise ceiling on 4 tasks of 1 data set` */
export function overallTitle({ scope, tasks, datasets }: OverallBoard): string {
  const kind = scope === 'all' ? '' : `${scope} `;
  return `Share of the noise ceiling on ${plural(tasks.length, `${kind}task`)} of ${plural(new Set(datasets).size, 'data set')}`;
}

/** What the shares do and do not say. */
export function overallSentence({ datasets, rows }: OverallBoard, level: number): string {
  const distinct = [...new Set(datasets)];
  if (rows.some(({ mean }) => mean !== undefined))
    return (
      `Means over the data sets (${distinct.join(', ')}), of which each counts once however many tasks it has. Intervals of ` +
      `${formatLevel(level)} hold for the mean over all data sets of which these are a sample (Student's t with ` +
      `${distinct.length - 1} degrees of freedom); they are no tests of methods against each other.`
    );
  const why =
    distinct.length < 3
      ? `Tasks of one data set (here: ${distinct.join(', ')}) are near repeats of each other and say nothing of other data sets`
      : 'No method has a share on every task';
  return `This describes these tasks and does not order the methods, which are listed by name. ${why}: no mean, interval or rank is given.`;
}
