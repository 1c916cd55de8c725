import { BenchError } from '@attribution-bench/contract';

/** Decimals kept in board.json: far below any interval, and short to write. */
const decimals = 1e6;

/**
 * A number as board.json and check.json keep it; -0 is 0.
 * @throws BenchError BOARD_NOT_FINITE for NaN and infinities, which JSON would turn into null
 */
export function rounded(value: number): number {
  if (!Number.isFinite(value)) {
    throw new BenchError({
      code: 'BOARD_NOT_FINITE',
      message: `a number of the board is ${value}`,
      next: 'run it again with --debug and report what it prints',
    });
  }
  const scaled = value * decimals;
  const kept = Number.isFinite(scaled) ? Math.round(scaled) / decimals : value;
  return kept === 0 ? 0 : kept;
}
