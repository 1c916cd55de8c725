import { expect, it } from 'vitest';
import { type Board, type BoardSettling, makeBoard, renderTerminal } from '../src/index.js';
import { lookShare } from '../src/statistics/look-shares.js';
import { atLook, type Procedure } from './sequential-grid.js';
import { type Simulation, simulatedGrid } from './simulated-grid.js';

function settlingOf(board: Board): BoardSettling {
  const [{ settling }] = board.tasks;
  if (settling === undefined) throw new Error('the truth is grown');
  return settling;
}

/** Boards at every look, until growing ends or, with `always`, to the last one. */
function looksAt(simulation: Simulation, procedure: Procedure, always = false): Board[] {
  const grid = simulatedGrid({ ...simulation, subsets: procedure.block * procedure.looks });
  const boards: Board[] = [];
  for (let look = 1; look <= procedure.looks; look++) {
    const board = makeBoard(atLook(grid, look, procedure));
    boards.push(board);
    if (!always && !settlingOf(board).ties.some(({ outlook }) => outlook === 'open')) break;
  }
  return boards;
}

/** One retraining with half the variance has the noise of two, and no ceiling, which takes most of the time of a board. */
const withoutCeiling = { retrainSeeds: 1, retrainNoise: 0.25 };

const isTied = (board: Board, a: string, b: string): boolean => {
  const groups = (entry: string) => board.rows.find((row) => row.entry === entry)?.groups ?? '';
  return [...groups(a)].some((letter) => groups(b).includes(letter));
};

it('shares of looks sum to 1 and follow the Pocock-like spending function', () => {
  for (const looks of [1, 2, 5, 8, 20]) {
    const shares = Array.from({ length: looks }, (_, i) => lookShare(i + 1, looks));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(shares.toSorted((a, b) => b - a)).toEqual(shares);
  }
  expect(lookShare(1, 1)).toBeCloseTo(1, 15);
  expect(lookShare(1, 2)).toBeCloseTo(Math.log((1 + Math.E) / 2), 12);
});

it('equal methods are told apart at any of the looks in at most 6 % of the tasks', () => {
  const methods = ['a', 'b', 'c', 'd'].map((id) => ({ id, noise: 1 }));
  const procedure = { block: 12, looks: 4 };
  const tasks = 100;
  let told = 0;
  for (let i = 0; i < tasks; i++) {
    const boards = looksAt({ seed: 5000 + i, methods, queries: 12, resamples: 80, ...withoutCeiling }, procedure, true);
    if (boards.some(({ rows }) => rows.some(({ rank }) => rank !== undefined && (rank.low > 1 || rank.high < 4))))
      told++;
  }
  expect(told / tasks).toBeLessThanOrEqual(0.06);
}, 300_000);

it('methods that differ are told apart early, and the subsets that were left are saved', () => {
  const methods = [
    { id: 'good', noise: 0.4 },
    { id: 'poor', noise: 1.6 },
  ];
  const procedure = { block: 16, looks: 8 };
  let subsets = 0;
  for (let i = 0; i < 20; i++) {
    const boards = looksAt({ seed: 7000 + i, methods, queries: 30, querySpread: 0.1, resamples: 100 }, procedure);
    const last = boards[boards.length - 1];
    expect(settlingOf(last).ties).toEqual([]);
    expect(isTied(last, 'good', 'poor')).toBe(false);
    subsets += boards.length * procedure.block;
  }
  expect(subsets / 20).toBeLessThan(0.4 * procedure.block * procedure.looks);
});

it('says where a tie would be split, and there chances are even', () => {
  const procedure = { block: 16, looks: 8 };
  let [foretold, split] = [0, 0];
  for (let i = 0; i < 60; i++) {
    const methods = [
      { id: 'good', noise: 0.8 },
      { id: 'fair', noise: 0.9 + 0.1 * (i % 4) },
    ];
    const size = { subsets: 128, queries: 30, querySpread: 0.1, resamples: 60 };
    const grid = simulatedGrid({ seed: 9000 + i, methods, ...size, ...withoutCeiling });
    const at = (look: number) => makeBoard(atLook(grid, look, procedure));
    const [tie] = settlingOf(at(2)).ties;
    if (tie?.outlook !== 'open' || tie.subsets === undefined || tie.subsets > 128) continue;
    foretold++;
    expect(tie.subsets).toBeGreaterThan(2 * procedure.block);
    if (!isTied(at(tie.subsets / procedure.block), 'good', 'fair')) split++;
  }
  expect(foretold).toBeGreaterThan(10);
  expect(split / foretold).toBeGreaterThan(0.25);
  expect(split / foretold).toBeLessThan(0.85);
}, 300_000);

it('says that subsets cannot split what queries or seeds leave open', () => {
  const tieOf = (simulation: Omit<Simulation, 'seed'>) => {
    const grid = simulatedGrid({ seed: 31, ...simulation, subsets: 200, resamples: 200 });
    return settlingOf(makeBoard(atLook(grid, 1, { block: 200, looks: 2, margin: 0 }))).ties[0];
  };
  const byQueries = tieOf({
    methods: [
      { id: 'a', noise: 1 },
      { id: 'b', noise: 1.02 },
    ],
    queries: 5,
    querySpread: 1,
  });
  expect(byQueries).toMatchObject({ outlook: 'never', limit: 'queries' });
  const bySeeds = tieOf({
    methods: [
      { id: 'a', noise: 0.3, sharedSeedNoise: 1 },
      { id: 'b', noise: 0.9, sharedSeedNoise: 1 },
    ],
    seeds: [0, 1, 2],
    queries: 60,
    querySpread: 0,
  });
  expect(bySeeds).toMatchObject({ outlook: 'never', limit: 'seeds' });
});

it('leaves a tie alone whose difference is surely within the margin', () => {
  const methods = [
    { id: 'a', noise: 1 },
    { id: 'b', noise: 1 },
  ];
  const grid = simulatedGrid({ seed: 12, methods, subsets: 60, queries: 20, resamples: 100 });
  const [tie] = settlingOf(makeBoard(atLook(grid, 1, { block: 60, looks: 2, margin: 0.5 }))).ties;
  expect(tie.outlook).toBe('within');
  expect(tie.difference.low).toBeGreaterThan(-0.5);
  expect(tie.difference.high).toBeLessThan(0.5);
});

it('regards pairs of as many leaders as are asked for', () => {
  const methods = ['a', 'b', 'c', 'd'].map((id) => ({ id, noise: 1 }));
  const grid = simulatedGrid({ seed: 4, methods, subsets: 16, queries: 8, resamples: 60 });
  const pairsOf = (top: number) => settlingOf(makeBoard(atLook(grid, 1, { block: 16, looks: 2, top }))).ties.length;
  expect([1, 2, 4].map(pairsOf)).toEqual([3, 5, 6]);
});

it('says in words how far a truth has come, and what is left with what would help, together where that is the same', () => {
  const methods = ['a', 'b', 'c'].map((id) => ({ id, noise: 1 }));
  const grid = simulatedGrid({ seed: 4, methods, subsets: 16, queries: 8, resamples: 60 });
  const board = makeBoard(atLook(grid, 1, { block: 16, looks: 1, margin: 2 }));
  const [{ better, worse, difference }, other] = settlingOf(board).ties;
  const shown = ({ low, high }: { low: number; high: number }) => `[${low.toFixed(3)}, ${high.toFixed(3)}]`;
  const text = renderTerminal(board, undefined, { width: 400, color: false });
  expect(text).toContain(
    'this is look 1 of at most 1, at 16 subsets. Ties hold over all looks together (this one has 100 %',
  );
  expect(text).toContain(
    `Statistically tied: ${better} and ${worse} (+${difference.value.toFixed(3)} ${shown(difference)}), `,
  );
  expect(text).toContain(
    `${other.worse} (+${other.difference.value.toFixed(3)} ${shown(other.difference)}): too little to matter.`,
  );
});
