import type { BoardSettling } from '@attribution-bench/leaderboard';
import { count } from '../text/format.js';

/** What a look at a task settled, in one line. */
export function lookLine(task: string, { look, looks, ties }: BoardSettling, subsets: number): string {
  const where = `${task}: look ${look} of at most ${looks}, ${count(subsets, 'subset')}: `;
  if (ties.length === 0) return `${where}settled`;
  const open = ties.filter(({ outlook }) => outlook === 'open');
  const tied = `${where}${count(ties.length, 'leading tie')}`;
  if (open.length === 0) return `${tied}, none worth more subsets`;
  const numbers = open.flatMap((tie) => tie.subsets ?? []);
  const nearest = numbers.length === 0 ? '' : `, the first probably split at ${count(Math.min(...numbers), 'subset')}`;
  return `${tied}, ${open.length} worth more subsets${nearest}`;
}
