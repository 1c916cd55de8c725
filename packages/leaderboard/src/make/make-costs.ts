import { type BoardCosts, boardCostsSchema, type RowCost } from '../board.js';
import type { BoardInput, Cost } from '../board-input.js';
import { entriesOf } from './entries.js';
import { rankingMetric } from './ranking-metric.js';

/** What the rows of {@link makeBoard} cost, and where and when they were computed. */
export function makeCosts(input: BoardInput): BoardCosts {
  return {
    schema: boardCostsSchema,
    grid: input.grid,
    provenance: input.provenance,
    rows: input.tasks.flatMap(({ info }) =>
      entriesOf(input, info.id, rankingMetric(input, info.id)?.id).flatMap(({ name, cells, allCells }): RowCost[] => {
        const costs = cells.flatMap(({ cost }) => cost ?? []);
        const all = allCells.flatMap(({ cost }) => cost ?? []);
        const cost = joined(costs, all);
        return cost === undefined ? [] : [{ task: info.id, entry: name, ...cost }];
      }),
    ),
  };
}

/** @param costs by seed, of the chosen parameters @param all of every setting that was tried */
function joined(costs: readonly Cost[], all: readonly Cost[]): Omit<RowCost, 'task' | 'entry'> | undefined {
  const each = (pick: (cost: Cost) => number | undefined, of = costs) => of.flatMap((cost) => pick(cost) ?? []);
  const [fit, score] = [each(({ fitSeconds }) => fitSeconds), each(({ scoreSeconds }) => scoreSeconds)];
  const [memory, models] = [each(({ peakRssBytes }) => peakRssBytes), each(({ retrainings }) => retrainings)];
  if ([fit, score, memory, models].every((values) => values.length === 0)) return undefined;
  const declared = costs.some((cost) => 'declared' in cost);
  return {
    ...(declared && { declared }),
    ...(fit.length > 0 && { fitSeconds: mean(fit) }),
    ...(score.length > 0 && { scoreSeconds: mean(score) }),
    ...(memory.length > 0 && { peakRssBytes: Math.max(...memory) }),
    ...(models.length > 0 && { retrainings: Math.max(...models) }),
    ...(!declared && {
      sweepSeconds: sum(each(({ fitSeconds = 0, scoreSeconds = 0 }) => fitSeconds + scoreSeconds, all)),
    }),
  };
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
