import { join } from 'node:path';
import { type Board, type BoardCosts, makeBoard, makeCosts } from '@attribution-bench/leaderboard';
import { boardInput, type Plan, type RunOutcome } from '@attribution-bench/runner';
import { writeAtomically } from '@attribution-bench/store';
import type { FlagValues } from './flags.js';

/** A board and what it cost. */
export interface Boards {
  readonly board: Board;
  readonly costs: BoardCosts;
}

/** The board of a whole grid out of what is stored; `outcome` says why cells failed in the run just ended. */
export async function boardsOf(plan: Plan, outcome?: RunOutcome): Promise<Boards> {
  const input = await boardInput(plan, outcome);
  return { board: makeBoard(input), costs: makeCosts(input) };
}

/** Writes every format of a board to `boards/<grid>` (`<grid>-quick` for trial sizes); returns that folder. */
export async function writeBoards({ grid, resultsFolder }: Plan, { board, costs }: Boards): Promise<string> {
  const folder = join(resultsFolder, 'boards', grid.quick ? `${grid.name}-quick` : grid.name);
  const files = {
    'board.json': `${JSON.stringify(board, undefined, 2)}\n`,
    'board-costs.json': `${JSON.stringify(costs, undefined, 2)}\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeAtomically(join(folder, name), text);
  return folder;
}

/** Prints a board: a table, or with `--json` one line of JSON. */
export function printBoards({ board, costs }: Boards, { json }: Pick<FlagValues, 'json'>): void {
  if (json) console.log(JSON.stringify({ type: 'board', board, costs }));
  else
    console.log(
      board.rows
        .map(
          (row) =>
            `${row.task} ${row.title} ${row.status} ${row.reason ?? ''} ${Object.values(row.metrics)
              .map((m) => m.value.toFixed(3) + ' [' + m.low.toFixed(3) + ',' + m.high.toFixed(3) + ']')
              .join(' ')} ${row.rank ? row.rank.low + '-' + row.rank.high : ''}`,
        )
        .join('\n'),
    );
}
