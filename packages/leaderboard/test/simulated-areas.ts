import { type MetricResult, Rng } from '@attribution-bench/contract';
import { normalCdf, rocAuc } from '@attribution-bench/numerics';
import type { BoardInput, CellResult } from '../src/board-input.js';
import { makeBoard } from '../src/index.js';
import { boardMethod, range, taskInfo } from './simulated-grid.js';

/**
 * How scores of flipped and other points are distributed: normal (the flipped ones shifted), normal and rounded to whole
 * numbers, normal with twice the spread for the flipped ones, exponential, or normal with some flipped ones that score
 * like others.
 */
export type ScoreShape = 'normal' | 'rounded' | 'wide' | 'exponential' | 'mixed';

export interface AreaSimulation {
  readonly seed: number;
  readonly shape: ScoreShape;
  /** Of each method; their scores of a point correlate by `common`. */
  readonly areas: readonly number[];
  readonly positives: number;
  readonly negatives: number;
  readonly common?: number;
  readonly seeds?: number;
  /** Share of the variance of a score that a method's seed draws anew, and of what it shifts all flipped points by. */
  readonly seedNoise?: number;
  readonly seedShift?: number;
}

type Draw = (flipped: boolean, z: number, coin: number) => number;

/** Scores by shape, with an area that grows with the strength. */
function drawOf(shape: ScoreShape, strength: number): Draw {
  if (shape === 'rounded') return (flipped, z) => Math.round(2 * (z + (flipped ? strength : 0))) / 2;
  if (shape === 'wide') return (flipped, z) => (flipped ? 2 * z + strength : z);
  if (shape === 'exponential') return (flipped, _, coin) => -Math.log(coin) * (flipped ? Math.exp(strength) : 1);
  if (shape === 'mixed') return (flipped, z, coin) => z + (flipped && coin > 2 * Math.exp(-strength) ? 9 : 0);
  return (flipped, z) => z + (flipped ? strength : 0);
}

/** The strength that gives an area. */
function strengthOf(shape: ScoreShape, area: number): number {
  if (shape === 'exponential') return Math.log(area / (1 - area));
  if (shape === 'mixed') return -Math.log(1 - area);
  const areaOf = (strength: number) =>
    shape === 'rounded' ? roundedArea(strength) : normalCdf(strength / Math.sqrt(shape === 'wide' ? 5 : 2));
  let [low, high] = [0, 12];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (areaOf(middle) < area) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Of normal scores rounded to halves. */
function roundedArea(strength: number): number {
  const below = (value: number, shift: number) => normalCdf(value + 0.25 - shift);
  let area = 0;
  for (let value = -8; value <= 20; value += 0.5) {
    const flipped = below(value, strength) - below(value - 0.5, strength);
    area += (flipped * (below(value, 0) + below(value - 0.5, 0))) / 2;
  }
  return area;
}

/** A grid of one task with flipped labels and methods that find them. */
function simulatedAreas(simulation: AreaSimulation): BoardInput {
  const { seed, shape, areas, positives, negatives, common = 0.5 } = simulation;
  const { seeds = 1, seedNoise = 0, seedShift = 0 } = simulation;
  const rng = new Rng([seed, 27, 18, 28]);
  const train = positives + negatives;
  const positive = Uint8Array.from({ length: train }, (_, i) => (i < positives ? 1 : 0));
  const normals = () => Float64Array.from({ length: train }, () => rng.normal());
  const blend = (a: Float64Array, share: number, b: Float64Array) =>
    a.map((value, i) => Math.sqrt(share) * value + Math.sqrt(1 - share) * b[i]);
  const shared = normals();
  const ids = areas.map((_, i) => `m${i}`);
  const cells = ids.flatMap((method, m) => {
    const draw = drawOf(shape, strengthOf(shape, areas[m]));
    const own = blend(shared, common, normals());
    const coins = Float64Array.from({ length: train }, () => rng.uniform());
    return Array.from({ length: seeds }, (_, methodSeed): CellResult => {
      const z = seedNoise === 0 ? own : blend(normals(), seedNoise, own);
      const shift = seedShift * rng.normal();
      const scores = z.map((value, i) => draw(positive[i] === 1, value, coins[i]) + (positive[i] === 1 ? shift : 0));
      const report: MetricResult = {
        kind: 'detection',
        value: rocAuc(scores, positive) ?? 0,
        detection: { scores, positive },
      };
      return { task: 'flipped', method, params: {}, seed: methodSeed, status: 'ok', metrics: { auc: { report } } };
    });
  });
  return {
    grid: 'simulated',
    gridSeed: seed,
    tasks: [
      {
        key: `flipped-${seed}`,
        dataset: 'simulated',
        info: taskInfo('flipped', 'classifier', train, 1),
        report: { subsets: range(0, 0), queries: range(0, 1) },
        sanity: {},
      },
    ],
    methods: ids.map((id) => boardMethod({ id, noise: 0 })),
    metrics: [{ id: 'auc', title: 'AUC', higherIsBetter: true, params: {} }],
    cells,
    report: { primary: 'auc', ci: 0.95, resamples: 20 },
    provenance: {},
  };
}

export interface AreaCoverage {
  /** Share of the intervals of areas, and of those of differences to the best, that hold the true value. */
  readonly value: number;
  readonly difference: number;
  /** Share of boards on which any two equally good methods are told apart. */
  readonly told: number;
}

/** Over boards that differ in everything that is drawn at random. */
export function areaCoverage(count: number, simulation: Omit<AreaSimulation, 'seed'>, firstSeed = 0): AreaCoverage {
  const { areas } = simulation;
  const boards = Array.from({ length: count }, (_, i) => {
    const { rows } = makeBoard(simulatedAreas({ ...simulation, seed: firstSeed + i }));
    return areas.map((_area, m) => {
      const row = rows.find(({ entry }) => entry === `m${m}`);
      if (row === undefined) throw new Error(`no row of m${m}`);
      return { ...row.metrics.auc, groups: row.groups ?? '', isBest: row === rows[0] };
    });
  });
  const meanOf = (m: number) => boards.reduce((sum, methods) => sum + methods[m].value / count, 0);
  // Seeds that shift all flipped points change the mean area too.
  const truths = areas.map((area, m) => ((simulation.seedShift ?? 0) > 0 ? meanOf(m) : area));
  const share = (held: readonly boolean[]) => held.filter((holds) => holds).length / held.length;
  const holds = ({ low, high }: { low: number; high: number }, truth: number) =>
    low <= truth + 1e-6 && truth - 1e-6 <= high;
  return {
    value: share(boards.flatMap((methods) => methods.map((method, m) => holds(method, truths[m])))),
    difference: share(
      boards.flatMap((methods) => {
        const best = truths[methods.findIndex(({ isBest }) => isBest)];
        return methods.flatMap(({ toBest }, m) => (toBest === undefined ? [] : [holds(toBest, truths[m] - best)]));
      }),
    ),
    told: share(
      boards.map((methods) =>
        methods.some((a, i) =>
          methods.some((b, j) => areas[i] === areas[j] && ![...a.groups].some((letter) => b.groups.includes(letter))),
        ),
      ),
    ),
  };
}
