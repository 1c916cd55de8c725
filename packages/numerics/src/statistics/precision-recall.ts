import { requireLength } from '../errors.js';
import { rankOrder } from './rank.js';

/**
 * Area under the precision-recall curve by steps (average precision): precision at each distinct score, from the highest
 * down, times the share of positives that have it. Equal scores are found together, so a constant score has the share of
 * positives. Undefined without a positive.
 * @param positive non-zero marks a positive
 */
export function averagePrecision(scores: ArrayLike<number>, positive: ArrayLike<number>): number | undefined {
  requireLength('averagePrecision', 'the labels', positive, scores.length);
  const { order, lastOfTie } = rankOrder(scores);
  let [found, foundBefore, sum] = [0, 0, 0];
  for (let p = order.length - 1; p >= 0; p--) {
    if (positive[order[p]] !== 0) found++;
    if (p > 0 && lastOfTie[p - 1] === 0) continue;
    sum += ((found - foundBefore) * found) / (order.length - p);
    foundBefore = found;
  }
  return found === 0 ? undefined : sum / found;
}
