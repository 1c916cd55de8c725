import { type Board, makeBoard } from '@attribution-bench/leaderboard';
import { type SimulatedMethod, type Simulation, simulatedGrid } from '../test/simulated-grid.js';

/**
 * How often any two of twelve equally good methods are told apart, and how often a row's interval covers its value, as
 * Markdown. Method seeds change scores in one way for all queries, as another model does.
 *
 * node dist/simulations/family-error.js [grids] [subsets] [queries] [first case] [last case]
 */
const [grids = 200, subsets = 96, queries = 75, first = 0, last = 99] = process.argv.slice(2).map(Number);
const size: Omit<Simulation, 'seed' | 'methods'> = {
  subsets,
  queries,
  seeds: [0, 1, 2],
  commonShare: 0.6,
  resamples: 100,
  retrainSeeds: 1,
  retrainNoise: 0.25,
};
const noise = 0.8;

interface Case {
  readonly name: string;
  readonly methods: readonly SimulatedMethod[];
}

const many = (count: number, sharedSeedNoise: number, own = noise): SimulatedMethod[] =>
  Array.from({ length: count }, () => ({ id: '', noise: own, sharedSeedNoise }));
const named = (name: string, ...groups: readonly SimulatedMethod[][]): Case => ({
  name,
  methods: groups.flat().map((method, i) => ({ ...method, id: `m${i}` })),
});

const cases: readonly (() => Case)[] = [
  () => named('no seed noise', many(12, 0)),
  () => named('seed noise of ratio 1', many(12, 0.25)),
  () => named('seed noise of ratio 3', many(12, 0.7)),
  () => named('seed noise of ratio 10', many(12, 2.6)),
  () => named('six deterministic, six of ratio 1', many(6, 0, asGoodAs(0.25)), many(6, 0.25)),
  () => named('six deterministic, six of ratio 3', many(6, 0, asGoodAs(0.7)), many(6, 0.7)),
  () => named('eleven of ratio 0.3, one of ratio 3', many(11, 0.07, asGoodAs(0.7, 0.07)), many(1, 0.7)),
  () =>
    named(
      'six deterministic, five of ratio 0.3, one of ratio 3',
      many(6, 0, asGoodAs(0.7)),
      many(5, 0.07, asGoodAs(0.7, 0.07)),
      many(1, 0.7),
    ),
];

/** The noise of its own with which a method of little seed noise has the LDS of one with more. */
function asGoodAs(seedNoise: number, own = 0): number {
  const wanted = meanLds({ id: 'm', noise, sharedSeedNoise: seedNoise });
  let [low, high] = [noise / 2, 4 * (noise + seedNoise)];
  for (let i = 0; i < 14; i++) {
    const middle = (low + high) / 2;
    if (meanLds({ id: 'm', noise: middle, sharedSeedNoise: own }) > wanted) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function meanLds(method: SimulatedMethod): number {
  const draws = 60;
  let sum = 0;
  for (let seed = 0; seed < draws; seed++) {
    const { cells } = simulatedGrid({ ...size, subsets: 96, queries: 75, methods: [method], seed: 5000 + seed });
    for (const cell of cells) sum += cell.metrics.lds.report.value / cells.length / draws;
  }
  return sum;
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/** Whether any two methods share no letter. */
function anyToldApart({ rows }: Board): boolean {
  const letters = rows.flatMap(({ groups }) => groups ?? []);
  return letters.some((a) => letters.some((b) => ![...a].some((letter) => b.includes(letter))));
}

console.log(`\n${grids} grids of ${subsets} subsets × ${queries} queries\n`);
console.log('| methods | deviation between seeds | told apart | intervals cover |\n| --- | ---: | ---: | ---: |');
for (const make of cases.slice(first, last + 1)) {
  const { name, methods } = make();
  let told = 0;
  const values = methods.map(() => [] as { value: number; low: number; high: number }[]);
  const deviations: number[] = [];
  for (let seed = 0; seed < grids; seed++) {
    const board = makeBoard(simulatedGrid({ ...size, methods, seed: 1 + seed }));
    if (anyToldApart(board)) told++;
    methods.forEach(({ id }, i) => {
      const measured = board.rows.find(({ entry }) => entry === id)?.metrics.lds;
      if (measured === undefined) throw new Error(`no row of ${id}`);
      values[i].push(measured);
      if (i === methods.length - 1) deviations.push(deviation(measured.perSeed) ** 2);
    });
  }
  const all = values.flat();
  const truth = all.reduce((sum, { value }) => sum + value, 0) / all.length;
  const covered = all.filter(({ low, high }) => low <= truth && truth <= high).length / all.length;
  const between = Math.sqrt(deviations.reduce((sum, value) => sum + value, 0) / grids);
  const error = told / grids;
  const doubt = Math.sqrt((error * (1 - error)) / grids);
  console.log(
    `| ${name} | ${between.toFixed(3)} | ${error.toFixed(3)} ± ${doubt.toFixed(3)} | ${(covered * 100).toFixed(1)} % |`,
  );
}
