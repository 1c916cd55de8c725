import { beforeAll, describe, expect, it } from 'vitest';
import type { Board, Interval } from '../src/index.js';
import { makeBoard } from '../src/index.js';
import { type Simulation, simulatedGrid } from './simulated-grid.js';

/** Boards of grids that differ in everything that is drawn at random. */
function boardsOf(count: number, simulation: Omit<Simulation, 'seed'>): Board[] {
  const boards: Board[] = [];
  for (let i = 0; i < count; i++) boards.push(makeBoard(simulatedGrid({ ...simulation, seed: 1000 + i })));
  return boards;
}

type Measured = Interval & { readonly value: number };

/** Share of the intervals that cover the mean of all the values they were computed around. */
function coverage(intervals: readonly Measured[]): number {
  const truth = intervals.reduce((sum, { value }) => sum + value, 0) / intervals.length;
  return intervals.filter(({ low, high }) => low <= truth && truth <= high).length / intervals.length;
}

const lds = (board: Board, entry: string) => {
  const value = board.rows.find((row) => row.entry === entry)?.metrics.lds;
  if (value === undefined) throw new Error(`no ${entry}`);
  return value;
};

const pairOfPairs = [
  { id: 'a', noise: 0.8 },
  { id: 'b', noise: 0.8 },
  { id: 'c', noise: 1.4 },
  { id: 'd', noise: 1.4 },
  { id: 'random', noise: 1e6 },
];

describe('on grids with a known truth', () => {
  const size = { methods: pairOfPairs, subsets: 40, queries: 24, resamples: 120 };
  let boards: Board[];
  beforeAll(() => {
    // One retraining with half the variance has the noise of two, and no ceiling, which takes most of the time of a board.
    boards = boardsOf(240, { ...size, retrainSeeds: 1, retrainNoise: 0.25 });
  });

  it('95 % intervals of values and of differences cover 93 to 97 %', () => {
    const average = (shares: readonly number[]) => shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const values = average(pairOfPairs.map(({ id }) => coverage(boards.map((board) => lds(board, id)))));
    const differences = average(
      ['a', 'b', 'c', 'd'].map((id) => coverage(boards.flatMap((board) => lds(board, id).toRandom ?? []))),
    );
    for (const share of [values, differences]) {
      expect(share).toBeGreaterThanOrEqual(0.93);
      expect(share).toBeLessThanOrEqual(0.97);
    }
  });

  it('95 % intervals of the ceiling cover no less than 93 %', () => {
    const withCeiling = boardsOf(60, { ...size, methods: pairOfPairs.slice(0, 1) });
    expect(coverage(withCeiling.map((board) => lds(board, 'ceiling')))).toBeGreaterThanOrEqual(0.93);
  });

  it('equally good methods are told apart in at most 5 % of the tasks, and ranks hold the true ones', () => {
    const trueRanks: Readonly<Record<string, readonly [number, number]>> = {
      a: [1, 2],
      b: [1, 2],
      c: [3, 4],
      d: [3, 4],
    };
    let [told, wrongRanks, separated] = [0, 0, 0];
    for (const board of boards) {
      const groups = Object.fromEntries(board.rows.map(({ entry, groups: letters = '' }) => [entry, letters]));
      const tied = (x: string, y: string) => [...groups[x]].some((letter) => groups[y].includes(letter));
      if (!tied('a', 'b') || !tied('c', 'd')) told++;
      if (!tied('a', 'c')) separated++;
      const holds = board.rows.every(({ entry, rank }) => {
        const [first, last] = trueRanks[entry] ?? [1, 4];
        return rank === undefined || (rank.low <= first && last <= rank.high);
      });
      if (!holds) wrongRanks++;
    }
    expect(told / boards.length).toBeLessThanOrEqual(0.05);
    expect(wrongRanks / boards.length).toBeLessThanOrEqual(0.05);
    expect(separated / boards.length).toBeGreaterThan(0.6);
  });
});

describe('with method seeds that change scores for all queries alike', () => {
  const size = {
    seeds: [0, 1, 2],
    subsets: 40,
    queries: 24,
    commonShare: 0.6,
    resamples: 100,
    retrainSeeds: 1,
    retrainNoise: 0.25,
  };
  const equal = (count: number, sharedSeedNoise: number, noise = 0.8) =>
    Array.from({ length: count }, (_, i) => ({ id: `m${i}-${sharedSeedNoise}`, noise, sharedSeedNoise }));
  /** Share of the boards on which any two of the methods share no letter. */
  const familyError = (boards: readonly Board[]) => {
    const wrong = boards.filter(({ rows }) => {
      const letters = rows.flatMap(({ groups }) => groups ?? []);
      return letters.some((a) => letters.some((b) => ![...a].some((letter) => b.includes(letter))));
    });
    return wrong.length / boards.length;
  };

  it.each([
    { ratio: 0, sharedSeedNoise: 0 },
    { ratio: 1, sharedSeedNoise: 0.45 },
    { ratio: 3, sharedSeedNoise: 1.1 },
    { ratio: 10, sharedSeedNoise: 3 },
  ])(
    'six equal methods are told apart in at most 6 % of the tasks, and intervals cover: ratio $ratio',
    ({ sharedSeedNoise }) => {
      const methods = equal(6, sharedSeedNoise);
      const boards = boardsOf(100, { ...size, methods });
      expect(familyError(boards)).toBeLessThanOrEqual(0.06);
      const share = coverage(boards.flatMap((board) => methods.map(({ id }) => lds(board, id))));
      expect(share).toBeGreaterThanOrEqual(0.93);
      expect(share).toBeLessThanOrEqual(0.98);
    },
  );

  it('quiet methods stay told apart beside noisy ones, and a deterministic one has no noise of theirs', () => {
    const quiet = [
      { id: 'best', noise: 0.5 },
      { id: 'good', noise: 1.2 },
      { id: 'fair', noise: 2.2, sharedSeedNoise: 0.1 },
    ];
    const noisy = equal(3, 1.1, 0.5);
    const [alone, beside] = [quiet, [...quiet, ...noisy]].map((methods) => boardsOf(30, { ...size, methods }));
    const separated = (boards: readonly Board[], a: string, b: string) =>
      boards.filter(({ rows }) => {
        const [x, y] = [a, b].map((id) => rows.find(({ entry }) => entry === id)?.groups ?? '');
        return ![...x].some((letter) => y.includes(letter));
      }).length / boards.length;
    expect(separated(alone, 'best', 'good')).toBeGreaterThan(0.9);
    expect(separated(beside, 'best', 'good')).toBeGreaterThan(0.8);
    expect(separated(beside, 'best', 'fair')).toBeGreaterThan(0.8);
  });
});

it('intervals count the noise of a method that depends on its seed', () => {
  const methods = [{ id: 'noisy', noise: 0.5, sharedSeedNoise: 1.2 }];
  const simulation = {
    methods,
    seeds: [0, 1, 2],
    subsets: 32,
    queries: 16,
    resamples: 100,
    retrainSeeds: 1,
    retrainNoise: 0.25,
  };
  const share = coverage(boardsOf(240, simulation).map((board) => lds(board, 'noisy')));
  expect(share).toBeGreaterThanOrEqual(0.93);
  expect(share).toBeLessThanOrEqual(0.98);
});

describe('the ceiling', () => {
  it.each([
    [0.1, 3, 0.48],
    [0.1, 5, 0.57],
    [0.1, 10, 0.7],
    [0.25, 3, 0.68],
    [0.25, 5, 0.77],
    [0.5, 3, 0.85],
    [0.75, 3, 0.94],
    [0.9, 5, 0.98],
  ])(
    'of a reliability of %d with %d retrainings is the simulated %d, and perfect scores reach it',
    (rho, retrainSeeds, expected) => {
      const board = makeBoard(
        simulatedGrid({
          seed: 5,
          methods: [{ id: 'perfect', noise: 0 }],
          train: 64,
          subsets: 64,
          queries: 150,
          retrainSeeds,
          retrainNoise: (1 - rho) / rho,
          commonShare: 0,
          resamples: 20,
        }),
      );
      expect(Math.abs(lds(board, 'ceiling').value - expected)).toBeLessThan(0.025);
      expect(lds(board, 'perfect').ofCeiling?.value).toBeGreaterThan(0.95);
      expect(lds(board, 'perfect').ofCeiling?.value).toBeLessThan(1.05);
    },
  );

  it('is absent with a single retraining, whose noise cannot be told', () => {
    const board = makeBoard(
      simulatedGrid({ seed: 5, methods: [{ id: 'a', noise: 1 }], retrainSeeds: 1, resamples: 20 }),
    );
    expect(board.rows.map(({ kind }) => kind)).toEqual(['method']);
    expect(lds(board, 'a').ofCeiling).toBeUndefined();
  });
});
