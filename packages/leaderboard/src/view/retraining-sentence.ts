import { plural } from '@attribution-bench/contract';
import type { RowCost } from '../board.js';
import { lettersOf } from '../statistics/tie-groups.js';
import { formatSeconds, formatValue } from './format.js';
import type { RowView, TaskView } from './task-view.js';

/** Seconds to train the models of a row, fit and score; undefined where a part of it is not known or was declared. */
export function wholeSeconds(cost: RowCost | undefined): number | undefined {
  const { trainSeconds, fitSeconds, scoreSeconds } = cost ?? {};
  if (trainSeconds === undefined || fitSeconds === undefined || scoreSeconds === undefined) return undefined;
  return trainSeconds + fitSeconds + scoreSeconds;
}

/**
 * What retraining buys: the best method that learns from retrained models beside the best one that does not, with what each
 * cost; undefined where a task has not both, or their costs are not known.
 */
export function retrainingSentence({ ranked }: TaskView): string | undefined {
  const known = ranked.filter(({ cost, value }) => wholeSeconds(cost) !== undefined && value !== undefined);
  const best = known.find(({ cost }) => cost?.retrains === true);
  const other = known.find(({ cost }) => cost?.retrains !== true);
  if (best === undefined || other === undefined) return undefined;
  const letters = lettersOf(other.row.groups ?? '');
  const tied = lettersOf(best.row.groups ?? '').some((letter) => letters.includes(letter));
  const order = known.indexOf(best) < known.indexOf(other) ? 'better' : 'worse';
  const relation = tied ? 'statistically tied with' : `${order} than`;
  return `Best of the methods that retrain: ${paidFor(best)}, ${relation} the best without, ${paidFor(other)}.`;
}

function paidFor({ row, value, cost }: RowView): string {
  const models = cost?.retrainings === undefined ? '' : ` and ${plural(cost.retrainings, 'model')}`;
  return `${row.title} (${formatValue(value?.value ?? Number.NaN)} in ${formatSeconds(wholeSeconds(cost) ?? Number.NaN)}${models})`;
}
