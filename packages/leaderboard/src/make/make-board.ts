import { type Board, boardSchema } from '../board.js';
import type { BoardInput } from '../board-input.js';
import { counterfactualBoards } from './counterfactuals.js';
import { makeTask } from './make-task.js';
import { overallBoards } from './overall.js';

/** Probability at most that any two equally good methods of a task are told apart by tie group or rank interval. */
const familyError = 0.05;

/**
 * Ranks what a grid computed. A pure function: the same input gives the same board to the byte.
 * @throws BenchError BOARD_RESULT_SHAPE when a result does not fit its task's split
 */
export function makeBoard(input: BoardInput): Board {
  const made = input.tasks.map((task) => makeTask(input, task, familyError));
  const tasks = made.map(({ summary }) => summary);
  const rows = made.flatMap((task) => task.rows);
  const counterfactuals = counterfactualBoards(made.map((task, i) => ({ ...task, key: input.tasks[i].key })));
  return {
    schema: boardSchema,
    grid: input.grid,
    gridSeed: input.gridSeed,
    statistics: { ...input.report, familyError },
    ...(input.selection !== undefined && { selection: input.selection }),
    metrics: input.metrics,
    methods: input.methods,
    tasks,
    rows,
    overall: overallBoards({ tasks, rows }, input.report.primary, input.report.ci),
    ...(counterfactuals.length > 0 && { counterfactuals }),
  };
}
