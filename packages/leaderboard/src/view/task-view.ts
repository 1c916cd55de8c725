import type { Board, BoardCosts, BoardRow, BoardTaskSummary, BoardValue, RowCost } from '../board.js';
import type { BoardMetric } from '../board-input.js';

/** A row with its cost and its value on the metric the task is ranked by. */
export interface RowView {
  readonly row: BoardRow;
  readonly value?: BoardValue;
  readonly cost?: RowCost;
}

/** The rows of one task in the groups they are shown in. */
export interface TaskView {
  readonly task: BoardTaskSummary;
  /** The metric the task is ranked by; absent when no cell has any. */
  readonly metric?: BoardMetric;
  /** Other metrics that any row of the task has. */
  readonly otherMetrics: readonly BoardMetric[];
  readonly ceiling?: RowView;
  /** In place of a ceiling that cannot be known: the reason is in the row. */
  readonly noCeiling?: RowView;
  /** From best to worst. */
  readonly ranked: readonly RowView[];
  /** Controls that have results. */
  readonly controls: readonly RowView[];
  /** Methods without a rank, then controls without results: the reason is in the row. */
  readonly unranked: readonly RowView[];
}

/** Joins a board with its costs, task by task. */
export function taskViews(board: Board, costs?: BoardCosts): TaskView[] {
  return board.tasks.map((task) => {
    const metric = board.metrics.find(({ id }) => id === task.rankedBy);
    const rows = board.rows
      .filter((row) => row.task === task.id)
      .map((row): RowView => {
        const cost = costs?.rows.find((other) => other.task === row.task && other.entry === row.entry);
        const value = metric === undefined ? undefined : row.metrics[metric.id];
        return { row, ...(value !== undefined && { value }), ...(cost !== undefined && { cost }) };
      });
    const ceiling = rows.find(({ row, value }) => row.kind === 'ceiling' && value !== undefined);
    const noCeiling = rows.find(({ row }) => row.kind === 'ceiling' && row.status !== 'ok');
    const methods = rows.filter(({ row }) => row.kind === 'method');
    const controls = rows.filter(({ row }) => row.kind === 'control');
    return {
      task,
      ...(metric !== undefined && { metric }),
      otherMetrics: board.metrics.filter(
        ({ id }) => id !== task.rankedBy && rows.some(({ row }) => row.metrics[id] !== undefined),
      ),
      ...(ceiling !== undefined && { ceiling }),
      ...(noCeiling !== undefined && { noCeiling }),
      ranked: methods.filter(({ row }) => row.rank !== undefined),
      controls: controls.filter(({ row }) => row.status === 'ok'),
      unranked: [
        ...methods.filter(({ row }) => row.rank === undefined),
        ...controls.filter(({ row }) => row.status !== 'ok'),
      ],
    };
  });
}
