import { join } from 'node:path';
import { boardFiles, makeBoard, makeCosts, renderTerminal, type TerminalOptions } from '@attribution-bench/leaderboard';
import { boardInput, type Plan, type RunOutcome } from '@attribution-bench/runner';
import { writeAtomically } from '@attribution-bench/store';
import type { BoardAndCosts } from './board-and-costs.js';
import { writePages } from './board-pages.js';
import type { FlagValues } from './flags.js';

const widthOfFiles = 120;

/** The board of a whole grid out of what is stored; `outcome` says why cells failed in the run just ended. */
export async function boardsOf(plan: Plan, outcome?: RunOutcome): Promise<BoardAndCosts> {
  const input = await boardInput(plan, outcome, (message) => console.error(message));
  return { board: makeBoard(input), costs: makeCosts(input) };
}

/** Writes every format of a board, its page among them, to `boards/<grid>`; returns that folder. */
export async function writeBoards(plan: Plan, { board, costs }: BoardAndCosts): Promise<string> {
  const { grid, resultsFolder } = plan;
  const folder = join(resultsFolder, 'boards', grid.name);
  for (const [name, text] of Object.entries(boardFiles(board, costs))) await writeAtomically(join(folder, name), text);
  await writePages(plan, { board, costs }, folder);
  return folder;
}

/** Prints a board: a table as wide as the terminal, or with `--json` one line of JSON. */
export function printBoards({ board, costs }: BoardAndCosts, { json }: Pick<FlagValues, 'json'>): void {
  if (json) process.stdout.write(`${JSON.stringify({ type: 'board', board, costs })}\n`);
  else process.stdout.write(renderTerminal(board, costs, printedWidth()));
}

/** How wide and whether in colour tables are printed. */
export function printedWidth(): TerminalOptions {
  const { stdout } = process;
  return { width: stdout.columns || widthOfFiles, color: stdout.isTTY && stdout.hasColors() };
}
