import type { BoardMetric } from '../board-input.js';
import { withUnit } from '../view/format.js';

/** `LDS`, `LOO`, but `mislabel-auc`; with its unit, `gap [%]`, where it has one. */
export function metricName({ id, unit }: BoardMetric): string {
  return withUnit(id.length <= 4 ? id.toUpperCase() : id, unit);
}
