import type { Board, BoardCosts } from './board.js';
import { renderCsv } from './text/csv.js';
import { readableJson } from './text/json.js';
import { renderMarkdown } from './text/markdown.js';

/** Every file of a board by name, for its folder. `board.json` has the same bytes for the same results. */
export function boardFiles(board: Board, costs: BoardCosts): Readonly<Record<string, string>> {
  return {
    'board.json': readableJson(board),
    'board-costs.json': readableJson(costs),
    'board.md': renderMarkdown(board, costs),
    'board.csv': renderCsv(board, costs),
  };
}
