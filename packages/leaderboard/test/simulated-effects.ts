import { Rng, type Truth } from '@attribution-bench/contract';
import { normalCdf, pearson, spearman } from '@attribution-bench/numerics';
import type { BoardInput, CellResult } from '../src/board-input.js';
import { makeBoard } from '../src/index.js';
import { boardMethod, range, taskInfo } from './simulated-grid.js';

/** Standardised distributions by name, as functions that take a standard normal variable to them in ascending order. */
export type Distribution = 'normal' | 'skew 1' | 'skew 2' | 'skew -1' | 'laplace' | 't5';

const nodes = Float64Array.from({ length: 1201 }, (_, i) => -6 + i / 100);

const erlang = (x: number) => (x <= 0 ? 0 : 1 - Math.exp(-x) * (1 + x + x ** 2 / 2 + x ** 3 / 6));
const tOfFive = (x: number) => {
  const angle = Math.atan(x / Math.sqrt(5));
  return 0.5 + (angle + Math.sin(angle) * Math.cos(angle) * (1 + (2 / 3) * Math.cos(angle) ** 2)) / Math.PI;
};
const skewed = transformTo(erlang);
const transforms: Readonly<Record<Distribution, (z: number) => number>> = {
  normal: (z) => z,
  'skew 1': skewed,
  'skew -1': (z) => -skewed(-z),
  'skew 2': transformTo((x) => (x <= 0 ? 0 : 1 - Math.exp(-x))),
  laplace: transformTo((x) => (x < 0 ? Math.exp(x) / 2 : 1 - Math.exp(-x) / 2)),
  t5: transformTo(tOfFive),
};

function transformTo(cdf: (x: number) => number): (z: number) => number {
  const values = nodes.map((z) => {
    let [low, high] = [-200, 200];
    for (let i = 0; i < 80; i++) {
      const middle = (low + high) / 2;
      if (cdf(middle) < normalCdf(z)) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  });
  const weights = nodes.map((z) => Math.exp((-z * z) / 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const centre = values.reduce((sum, value, i) => sum + (weights[i] / total) * value, 0);
  const variance = values.reduce((sum, value, i) => sum + (weights[i] / total) * (value - centre) ** 2, 0);
  const standard = values.map((value) => (value - centre) / Math.sqrt(variance));
  return (z) => {
    const place = Math.max(0, Math.min(nodes.length - 1.001, (z + 6) * 100));
    const at = Math.floor(place);
    return standard[at] + (place - at) * (standard[at + 1] - standard[at]);
  };
}

export interface EffectSimulation {
  readonly seed: number;
  readonly subsets: number;
  readonly queries: number;
  readonly retrainSeeds: number;
  /** Share of the variance of one retraining's output that is effect, and how much it varies over queries. */
  readonly reliability: number;
  readonly reliabilitySpread?: number;
  readonly effect: Distribution;
  readonly noise?: Distribution;
  /** How much the logarithm of the noise's size grows with the effect. */
  readonly noiseGrowth?: number;
  /** Correlation of the effects of two queries, before they get their distribution. */
  readonly common?: number;
  /** Correlation of a middling method's predictions with the effect. */
  readonly quality?: number;
  readonly statistic?: 'spearman' | 'pearson';
  readonly resamples?: number;
}

export interface SimulatedEffects {
  readonly input: BoardInput;
  /** Mean correlation over queries of the noise-free effect with the mean over retrainings. */
  readonly reached: number;
}

/** A grid of one task whose effects and noise have given distributions, with a perfect and a middling method. */
export function simulatedEffects(simulation: EffectSimulation): SimulatedEffects {
  const { seed, subsets, queries, retrainSeeds, reliability, reliabilitySpread = 0, noiseGrowth = 0 } = simulation;
  const { common = 0.3, quality = 0.5, statistic = 'spearman', resamples = 200 } = simulation;
  const [effectOf, noiseOf] = [transforms[simulation.effect], transforms[simulation.noise ?? 'normal']];
  const rng = new Rng([seed, 31, 41, 59]);
  const shares = Array.from({ length: queries }, () =>
    Math.max(0.02, Math.min(0.98, reliability + reliabilitySpread * rng.normal())),
  );
  const outputs = new Float32Array(subsets * retrainSeeds * queries);
  const [effects, means, middling] = [0, 1, 2].map(() => new Float64Array(subsets * queries));
  for (let j = 0; j < subsets; j++) {
    const sharedZ = rng.normal();
    for (let q = 0; q < queries; q++) {
      const z = Math.sqrt(common) * sharedZ + Math.sqrt(1 - common) * rng.normal();
      const effect = effectOf(z);
      const at = j * queries + q;
      effects[at] = effect;
      middling[at] = quality * z + Math.sqrt(1 - quality ** 2) * rng.normal();
      const growth = Math.exp(noiseGrowth * effect - noiseGrowth ** 2);
      for (let r = 0; r < retrainSeeds; r++) {
        const output = Math.sqrt(shares[q]) * effect + Math.sqrt(1 - shares[q]) * growth * noiseOf(rng.normal());
        outputs[(j * retrainSeeds + r) * queries + q] = output;
        means[at] += output / retrainSeeds;
      }
    }
  }
  const columns = (matrix: Float64Array, q: number) =>
    Float64Array.from({ length: subsets }, (_, j) => matrix[j * queries + q]);
  const correlate = statistic === 'spearman' ? spearman : pearson;
  const perQuery = (predictions: Float64Array) =>
    Float64Array.from({ length: queries }, (_, q) => correlate(columns(predictions, q), columns(means, q)) ?? 0);
  const average = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / queries;
  const truth: Truth = {
    key: `truth-${seed}`,
    subsets,
    retrainSeeds,
    queries,
    train: 4,
    fraction: 0.5,
    members: Array.from({ length: subsets }, () => range(0, 2)),
    outputs,
  };
  const report = { subsets: range(0, subsets), queries: range(0, queries) };
  const cells = Object.entries({ perfect: effects, middling }).map(([method, predictions]): CellResult => {
    const values = perQuery(predictions);
    const lds = { report: { kind: 'correlation' as const, value: average(values), perQuery: values, predictions } };
    return { task: 'simulated', method, params: {}, seed: 0, status: 'ok', metrics: { lds } };
  });
  const input: BoardInput = {
    grid: 'simulated',
    gridSeed: seed,
    tasks: [
      {
        key: `simulated-${seed}`,
        dataset: 'simulated',
        info: taskInfo('simulated', 'classifier', 4, queries),
        truth,
        report,
        sanity: {},
      },
    ],
    methods: ['perfect', 'middling'].map((id) => boardMethod({ id, noise: 0 })),
    metrics: [{ id: 'lds', title: 'LDS', higherIsBetter: true, params: { statistic } }],
    cells,
    report: { primary: 'lds', ci: 0.95, resamples },
    provenance: {},
  };
  return { input, reached: average(perQuery(effects)) };
}

export interface CeilingCoverage {
  /** What perfect scores reach on average, and how much higher ceilings are. */
  readonly reached: number;
  readonly bias: number;
  /** Shares of the intervals that hold what is right: of the ceiling, and of the middling method's share of it. */
  readonly ceiling: number;
  readonly share: number;
  /** Boards whose ceiling may be 0, which have no shares. */
  readonly unknown: number;
}

/** Coverage of ceilings and shares over boards that differ in everything that is drawn at random. */
export function ceilingCoverage(
  count: number,
  simulation: Omit<EffectSimulation, 'seed'>,
  firstSeed = 0,
): CeilingCoverage {
  const trials = Array.from({ length: count }, (_, i) => {
    const { input, reached } = simulatedEffects({ ...simulation, seed: firstSeed + i });
    const { rows } = makeBoard(input);
    const [ceiling, middling] = ['ceiling', 'middling'].map(
      (id) => rows.find(({ entry }) => entry === id)?.metrics.lds,
    );
    if (ceiling === undefined || middling === undefined) throw new Error('a row is missing');
    return { reached, ceiling, middling };
  });
  const average = (pick: (trial: (typeof trials)[number]) => number) =>
    trials.reduce((sum, trial) => sum + pick(trial), 0) / count;
  const holds = ({ low, high }: { low: number; high: number }, value: number) => low <= value && value <= high;
  const reached = average((trial) => trial.reached);
  const share = average(({ middling }) => middling.value) / reached;
  const shares = trials.flatMap(({ middling }) => middling.ofCeiling ?? []);
  return {
    reached,
    bias: average(({ ceiling }) => ceiling.value) - reached,
    ceiling: average(({ ceiling }) => (holds(ceiling, reached) ? 1 : 0)),
    share: shares.filter((interval) => holds(interval, share)).length / shares.length,
    unknown: 1 - shares.length / count,
  };
}
