import type { BoardMetric } from '../board.js';

/** `LDS`, `LOO`, but `mislabel-auc`. */
export function metricName({ id }: BoardMetric): string {
  return id.length <= 4 ? id.toUpperCase() : id;
}
