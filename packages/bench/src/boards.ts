import type { Plan, RunOutcome } from '@attribution-bench/runner';
import type { FlagValues } from './flags.js';
export async function makeBoard(_plan: Plan, _outcome?: RunOutcome): Promise<unknown> {
  return {};
}
export async function writeBoard(_plan: Plan, _board: unknown): Promise<string> {
  return '';
}
export async function printBoard(_board: unknown, _flags: Pick<FlagValues, 'json'>): Promise<void> {}
