import type { BoardMetric } from '../../board-input.js';
import type { Span } from './drawing.js';

/** The least and the greatest value that a metric can have: axes end there. Without limits, the ends are infinite. */
export function limitsOf({ id, range, params }: BoardMetric): Span {
  if (range !== undefined) return { from: range[0], to: range[1] };
  if (params.statistic !== undefined) return { from: -1, to: 1 };
  if (/(?:^|-)auc$/.test(id)) return { from: 0, to: 1 };
  return { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
}

/** From 0 or the least value to the greatest, with a margin as far as the metric's limits leave one. */
export function spanOf(values: readonly number[], metric: BoardMetric): Span {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const margin = (high - low) * 0.04;
  const limits = limitsOf(metric);
  return {
    from: Math.max(limits.from, low < 0 ? low - margin : low),
    to: Math.min(limits.to, high > 0 ? high + margin : high),
  };
}
