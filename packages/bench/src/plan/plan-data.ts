import type { Estimate, Plan } from '@attribution-bench/runner';
import { secondsOf } from './cell-seconds.js';
import { staleGroups } from './stale-groups.js';

/** A plan and what it takes, as JSON. */
export function planData(plan: Plan, prediction: Estimate): unknown {
  return {
    grid: plan.grid.name,
    tasks: plan.tasks.map(({ info, truth }) => ({
      id: info.id,
      train: info.train,
      queries: info.queries,
      parameters: info.parameters,
      ...(truth && { truth: { key: truth.key, cached: truth.cached, total: truth.total } }),
    })),
    cells: plan.cells.map((cell) => ({
      id: cell.id,
      status: cell.status,
      ...(cell.reason !== undefined && { reason: cell.reason }),
      retrainings: cell.retrainings,
      seconds: secondsOf(cell, prediction),
    })),
    stale: staleGroups(plan),
    steps: { cached: plan.steps.filter(({ status }) => status === 'cached').length, total: plan.steps.length },
    predicted: {
      seconds: prediction.seconds,
      peakRssBytes: prediction.peakRssBytes,
      byKind: prediction.byKind,
      guessed: prediction.guessed,
      unknown: prediction.unknown,
    },
  };
}
