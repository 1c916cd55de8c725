import type { Board, BoardCosts } from '@attribution-bench/leaderboard';

/** A board and what it cost. */
export interface BoardAndCosts {
  readonly board: Board;
  readonly costs: BoardCosts;
}
