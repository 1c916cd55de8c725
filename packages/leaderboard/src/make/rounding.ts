/** Decimals kept in board.json: far below any interval, and short to write. */
const decimals = 1e6;

export function rounded(value: number): number {
  return Math.round(value * decimals) / decimals || 0;
}
