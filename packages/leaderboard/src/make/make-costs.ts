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
        if (costs.length === 0) return [];
        const mean = (pick: (cost: Cost) => number) => costs.reduce((sum, cost) => sum + pick(cost), 0) / costs.length;
        return [
          {
            task: info.id,
            entry: name,
            fitSeconds: mean(({ fitSeconds }) => fitSeconds),
            scoreSeconds: mean(({ scoreSeconds }) => scoreSeconds),
            peakRssBytes: Math.max(...costs.map(({ peakRssBytes }) => peakRssBytes)),
            retrainings: Math.max(...costs.map(({ retrainings }) => retrainings)),
            sweepSeconds: allCells.reduce(
              (sum, { cost }) => sum + (cost?.fitSeconds ?? 0) + (cost?.scoreSeconds ?? 0),
              0,
            ),
          },
        ];
      }),
    ),
  };
}
