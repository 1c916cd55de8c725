import { type Board, makeBoard } from '@attribution-bench/leaderboard';
import { atLook } from '../test/sequential-grid.js';
import { type SimulatedMethod, simulatedGrid } from '../test/simulated-grid.js';

/**
 * What growing a truth comes to, as Markdown: how often any two equally good methods are told apart at any look, where
 * growing ends and how many subsets that took, and the same for looking as often without adjusting for it.
 *
 * node dist/simulations/until-settled.js [grids] [block] [looks] [queries] [first case] [last case]
 */
const [grids = 200, block = 24, looks = 8, queries = 40, first = 0, last = 99] = process.argv.slice(2).map(Number);

interface Case {
  readonly name: string;
  readonly methods: readonly SimulatedMethod[];
}

const equal = (count: number, sharedSeedNoise = 0): SimulatedMethod[] =>
  Array.from({ length: count }, (_, i) => ({ id: `m${i}`, noise: 0.8, sharedSeedNoise }));
const leader = (noise: number, others: number): SimulatedMethod[] => [{ id: 'best', noise }, ...equal(others)];

const cases: readonly Case[] = [
  { name: '2 equal', methods: equal(2) },
  { name: '6 equal', methods: equal(6) },
  { name: '12 equal', methods: equal(12) },
  { name: '6 equal, seeds differ', methods: equal(6, 0.7) },
  { name: 'best of 6 far better', methods: leader(0.4, 5) },
  { name: 'best of 6 better', methods: leader(0.6, 5) },
  { name: 'best of 6 a little better', methods: leader(0.7, 5) },
];

const lettersOf = ({ rows }: Board) => new Map(rows.flatMap(({ entry, groups }) => (groups ? [[entry, groups]] : [])));
const tied = (a: string, b: string) => [...a].some((letter) => b.includes(letter));

/** Whether any two methods that are equally good share no letter. */
function isWrong(board: Board): boolean {
  const letters = [...lettersOf(board)].filter(([entry]) => entry !== 'best').map(([, groups]) => groups);
  return letters.some((a) => letters.some((b) => !tied(a, b)));
}

console.log(`\n${grids} grids, up to ${looks} looks of ${block} subsets × ${queries} queries\n`);
console.log(
  '| methods | false at any look | without adjustment | settled | given up | of these settled at the last look | mean subsets |',
);
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const { name, methods } of cases.slice(first, last + 1)) {
  const count = { wrong: 0, unadjusted: 0, settled: 0, late: 0, subsets: 0 };
  for (let seed = 1; seed <= grids; seed++) {
    const grid = simulatedGrid({
      seed,
      methods,
      subsets: block * looks,
      queries,
      querySpread: 0.2,
      seeds: methods.some(({ sharedSeedNoise = 0 }) => sharedSeedNoise > 0) ? [0, 1, 2] : [0],
      resamples: 100,
    });
    const seen = { wrong: false, unadjusted: false, ended: false, settled: false };
    for (let look = 1; look <= looks; look++) {
      const input = atLook(grid, look, { block, looks });
      const board = makeBoard(input);
      const fixed = makeBoard({ ...input, tasks: input.tasks.map(({ growth: _, ...task }) => task) });
      seen.wrong ||= isWrong(board);
      seen.unadjusted ||= isWrong(fixed);
      const ties = board.tasks[0].settling?.ties ?? [];
      if (look === looks && seen.ended && !seen.settled && ties.length === 0) count.late++;
      if (seen.ended || ties.some(({ outlook }) => outlook === 'open')) continue;
      seen.ended = true;
      seen.settled = ties.length === 0;
      count.subsets += look * block;
    }
    if (seen.settled) count.settled++;
    if (seen.wrong) count.wrong++;
    if (seen.unadjusted) count.unadjusted++;
  }
  const share = (number: number) => `${((100 * number) / grids).toFixed(1)} %`;
  const cells = [count.wrong, count.unadjusted, count.settled, grids - count.settled, count.late].map(share);
  console.log(`| ${name} | ${cells.join(' | ')} | ${Math.round(count.subsets / grids)} |`);
}
