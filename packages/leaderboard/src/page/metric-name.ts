import type { BoardMetric } from '../board-input.js';
/** `LDS`, `LOO`, but `mislabel-auc`; with its unit, `gap [%]`, where it has one. */
export function metricName({ id, unit }: BoardMetric): string {
  const name = id.length <= 4 ? id.toUpperCase() : id;
  return unit === undefined ? name : `${name} [${unit}]`;
}
