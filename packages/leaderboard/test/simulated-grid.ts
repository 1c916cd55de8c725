import {
  type Json,
  type Origin,
  Rng,
  type Split,
  sha256,
  type TaskInfo,
  type TaskKind,
  type Truth,
} from '@attribution-bench/contract';
import { metrics } from '@attribution-bench/metrics';
import type { BoardInput, BoardMethod, CellResult } from '../src/board-input.js';

/** A method whose scores are the true ones plus noise: the larger the noise, the lower its LDS. */
export interface SimulatedMethod {
  readonly id: string;
  /** Several entries with one id and different parameters are a sweep. */
  readonly params?: Readonly<Record<string, Json>>;
  /** Standard deviation of the noise that is the same for every seed, in units of the true scores. */
  readonly noise: number;
  /** Standard deviation of noise that each seed has of its own: independent a query, and one for all queries. */
  readonly seedNoise?: number;
  readonly sharedSeedNoise?: number;
  /** Share of the scores that are replaced by noise of the same size, and whether all have the wrong sign. */
  readonly spoiled?: number;
  readonly wrongSign?: boolean;
  readonly family?: string;
  readonly origin?: Origin;
  readonly title?: string;
  readonly global?: boolean;
}

export interface Simulation {
  readonly seed: number;
  /** Draws the noise of the methods' seeds anew; everything else stays. */
  readonly redraw?: number;
  /** Draws the noise of the retrainings and of the models that methods explain anew, as another processor does. */
  readonly machine?: number;
  readonly task?: string;
  readonly dataset?: string;
  readonly kind?: TaskKind;
  readonly train?: number;
  readonly subsets?: number;
  readonly queries?: number;
  readonly retrainSeeds?: number;
  /** Variance of the noise of one retraining, in units of the variance of the noise-free output over subsets. */
  readonly retrainNoise?: number;
  /** Share of the variance of a query's true scores that all queries have in common. */
  readonly commonShare?: number;
  /** Spread of method quality over queries: noise of a query is multiplied by exp(spread × normal). */
  readonly querySpread?: number;
  readonly methods: readonly SimulatedMethod[];
  readonly seeds?: readonly number[];
  readonly tuneSubsets?: number;
  readonly tuneQueries?: number;
  readonly resamples?: number;
  readonly statistic?: 'spearman' | 'pearson';
}

/** A grid of one task whose truth is additive in the training points, with the LDS of every method and seed. */
export function simulatedGrid(simulation: Simulation): BoardInput {
  const {
    seed,
    redraw = 0,
    machine = 0,
    task = 'simulated',
    dataset = 'simulated',
    kind = 'classifier',
    methods,
    seeds = [0],
    resamples = 200,
  } = simulation;
  const { train = 40, subsets = 40, queries = 20, retrainSeeds = 2, retrainNoise = 0.5 } = simulation;
  const { commonShare = 0.2, querySpread = 0.3, tuneSubsets = 0, tuneQueries = 0, statistic = 'spearman' } = simulation;
  const rng = new Rng([seed, 17, 4, 2]);
  const populationRng = new Rng([1, 2, 3, 4]);
  const common = Float64Array.from({ length: train }, () => populationRng.normal());
  const effects = Float64Array.from(
    { length: queries * train },
    (_, at) => Math.sqrt(commonShare) * common[at % train] + Math.sqrt(1 - commonShare) * rng.normal(),
  );
  const members = Array.from({ length: subsets }, () => rng.subset(train, train / 2));
  const retrainSd = Math.sqrt(retrainNoise * train) / 2;
  const retrainRng = machine === 0 ? rng : new Rng([seed, machine, 6, 1]);
  const outputs = new Float32Array(subsets * retrainSeeds * queries);
  let at = 0;
  for (const subset of members) {
    const effect = Array.from({ length: queries }, (_, q) =>
      subset.reduce((sum, i) => sum + effects[q * train + i], 0),
    );
    for (let r = 0; r < retrainSeeds; r++)
      for (let q = 0; q < queries; q++) outputs[at++] = effect[q] + retrainSd * retrainRng.normal();
  }
  const key = `truth-${task}-${seed}`;
  const truth: Truth = { key, subsets, retrainSeeds, queries, train, fraction: 0.5, members, outputs };
  const report: Split = { subsets: range(tuneSubsets, subsets), queries: range(tuneQueries, queries) };
  const tune: Split | undefined =
    tuneSubsets > 0 ? { subsets: range(0, tuneSubsets), queries: range(0, tuneQueries) } : undefined;
  const info = taskInfo(task, kind, train, queries);
  const params = { statistic };

  const cells: CellResult[] = [];
  for (const [index, method] of methods.entries()) {
    const { id, params: settings = {}, noise, seedNoise = 0, sharedSeedNoise = 0, global = false } = method;
    const ownRng = new Rng([seed, index, 5, 3]);
    const quality = Float64Array.from({ length: queries }, () => Math.exp(querySpread * ownRng.normal()));
    const own = Float64Array.from(
      { length: queries * train },
      (_, i) => noise * quality[Math.floor(i / train)] * ownRng.normal(),
    );
    for (const methodSeed of seeds) {
      const seedRng = new Rng([seed, index, methodSeed + 1000 * (redraw + 1000 * machine), 9]);
      const shared = Float64Array.from({ length: train }, () => sharedSeedNoise * seedRng.normal());
      const scores = Float32Array.from(
        { length: global ? train : queries * train },
        (_, i) => (global ? common[i] : effects[i]) + own[i] + shared[i % train] + seedNoise * seedRng.normal(),
      );
      spoil(scores, method, new Rng([seed, index, methodSeed, 11]));
      const ctx = { task: info, scores, scoreShape: global ? 'global' : 'pairwise', truth } as const;
      cells.push({
        task,
        method: id,
        params: settings,
        seed: methodSeed,
        status: 'ok',
        metrics: {
          lds: {
            report: metrics.lds.evaluate(ctx, params, report),
            ...(tune === undefined ? {} : { tune: metrics.lds.evaluate(ctx, params, tune) }),
          },
        },
        cost: {
          fitSeconds: Math.min(90, 1 + 3 * noise),
          scoreSeconds: 0.25,
          peakRssBytes: 200 * 2 ** 20,
          retrainings: 0,
        },
        scoresDigest: sha256(new Uint8Array(scores.buffer)),
      });
    }
  }
  return {
    grid: 'simulated',
    gridSeed: seed,
    tasks: [
      {
        info,
        key: `${task}-${seed}`,
        dataset,
        truth,
        report,
        sanity: { trainLoss: 0.1 + 1e-6 * machine, queryAccuracy: 0.9 },
        ...(tune === undefined ? {} : { tune }),
      },
    ],
    methods: methods.filter(({ id }, i) => methods.findIndex((other) => other.id === id) === i).map(boardMethod),
    metrics: [{ id: 'lds', title: metrics.lds.title, higherIsBetter: true, params }],
    cells,
    report: { primary: 'lds', ci: 0.95, resamples },
    provenance: { version: '0.1.0', cpu: 'simulated', startedAt: '2024-01-01T00:00:00Z' },
  };
}

function spoil(scores: Float32Array, { spoiled = 0, wrongSign = false }: SimulatedMethod, rng: Rng): void {
  const size = Math.sqrt(scores.reduce((sum, score) => sum + score * score, 0) / scores.length);
  scores.forEach((score, i) => {
    const kept = rng.uniform() < spoiled ? size * rng.normal() : score;
    scores[i] = wrongSign ? -kept : kept;
  });
}

export function boardMethod({ id, title, family, origin, global }: SimulatedMethod): BoardMethod {
  return {
    id,
    title: title ?? id,
    family: family ?? (id === 'random' ? 'control' : 'gradient'),
    origin: origin ?? 'published',
    cite: 'nobody 2024',
    revision: 1,
    output: global === true ? 'global' : 'pairwise',
    needs: [],
  };
}

export function taskInfo(id: string, kind: TaskKind, train: number, queries: number): TaskInfo {
  return {
    id,
    kind,
    target: kind === 'classifier' ? 'margin' : 'neg-denoising-loss',
    train,
    queries,
    parameters: 2410,
    layers: [],
    inputShape: [64],
    classes: kind === 'classifier' ? 10 : 0,
    epochs: 20,
    batch: 64,
    diffusionSteps: kind === 'classifier' ? 0 : 1000,
    optimizer: 'sgd',
  };
}

export function range(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to - from }, (_, i) => from + i);
}
