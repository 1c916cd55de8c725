import { type MetricResult, Rng } from '@attribution-bench/contract';
import { metrics } from '@attribution-bench/metrics';
import { describe, expect, it } from 'vitest';
import type { BoardInput, CellResult } from '../src/board-input.js';
import { makeBoard } from '../src/index.js';
import { boardMethod, range, taskInfo } from './simulated-grid.js';

const [train, queries] = [40, 20];
const removalCurve = metrics['removal-curve'];
const values = { good: 1, fair: 0.4 };

interface Noise {
  readonly seeds: number;
  /** Of a retraining: what all methods and queries have in common, what a method's retrainings have, what each query has. */
  readonly retraining: number;
  readonly ofMethod: number;
  readonly ofQuery: number;
}

/**
 * A removal curve of each method from targets whose gain is known: the method's value plus what queries differ by (standard
 * deviation 1, the same for all methods), plus noise of retraining.
 */
function simulated(seed: number, { seeds, retraining, ofMethod, ofQuery }: Noise): BoardInput {
  const rng = new Rng([seed, 1, 2, 3]);
  const normals = (count: number, scale: number) => Array.from({ length: count }, () => scale * rng.normal());
  const task = taskInfo('toy', 'classifier', train, queries);
  const split = { subsets: range(0, 0), queries: range(0, queries) };
  const params = { shares: [0.1, 0.2], seeds };
  const [spread, common] = [normals(queries, 1), normals(seeds, retraining)];
  const cells = Object.entries(values).map(([method, value]): CellResult => {
    const ctx = { task, scores: Float32Array.from({ length: train }, (_, i) => i), scoreShape: 'global' } as const;
    const own = normals(seeds, ofMethod);
    const noise = Array.from({ length: seeds }, () => normals(queries, ofQuery));
    const retrained = (removalCurve.retrainings?.(ctx, params, split, rng) ?? []).map((request) => {
      const gain = (q: number) => value + spread[q] + common[request.seed] + own[request.seed] + noise[request.seed][q];
      const targets = [Float32Array.from({ length: queries }, (_, q) => gain(q)), new Float32Array(queries)];
      return { ...request, targets };
    });
    const report = removalCurve.evaluate({ ...ctx, retrained }, params, split);
    return { task: 'toy', method, params: {}, seed: 0, status: 'ok', metrics: { 'removal-curve': { report } } };
  });
  return {
    grid: 'simulated',
    gridSeed: seed,
    tasks: [{ info: task, key: 'toy', dataset: 'simulated', report: split, sanity: {} }],
    methods: Object.keys(values).map((id) => boardMethod({ id, noise: 0 })),
    metrics: [{ id: 'removal-curve', title: removalCurve.title, higherIsBetter: true, params }],
    cells,
    report: { primary: 'removal-curve', ci: 0.95, resamples: 200 },
    provenance: {},
  };
}

const withoutRepeats = (input: BoardInput): BoardInput => ({
  ...input,
  cells: input.cells.map((cell) => {
    const { repeats: _, ...report } = cell.metrics['removal-curve'].report;
    return { ...cell, metrics: { 'removal-curve': { report: report as MetricResult } } };
  }),
});

/** Shares of simulations whose intervals hold the true value of the better method, and its true difference to the other. */
function coverage(noise: Noise, change: (input: BoardInput) => BoardInput = (input) => input) {
  const count = 500;
  const held = { value: 0, difference: 0 };
  for (let seed = 0; seed < count; seed++) {
    const { rows } = makeBoard(change(simulated(seed, noise)));
    const [good, fair] = ['good', 'fair'].map((entry) => rows.find((row) => row.entry === entry));
    const [value, toBest] = [good?.metrics['removal-curve'], fair?.metrics['removal-curve']?.toBest];
    const holds = (interval: { low: number; high: number } | undefined, truth: number) =>
      interval !== undefined && interval.low <= truth && truth <= interval.high;
    if (holds(value, values.good)) held.value++;
    // Where noise puts the other method first, the difference is the same with the other sign.
    const other = good?.metrics['removal-curve']?.toBest;
    const truth = values.fair - values.good;
    if (holds(toBest, truth) || holds(other, -truth)) held.difference++;
  }
  return { value: held.value / count, difference: held.difference / count };
}

describe('intervals of a removal curve', () => {
  it.each([
    ['much noise of retraining', { seeds: 3, retraining: 0.5, ofMethod: 0.3, ofQuery: 0.5 }],
    ['little', { seeds: 3, retraining: 0.1, ofMethod: 0.1, ofQuery: 0.5 }],
    ['noise that differs from query to query only', { seeds: 4, retraining: 0, ofMethod: 0, ofQuery: 1 }],
    ['six seeds', { seeds: 6, retraining: 0.5, ofMethod: 0.3, ofQuery: 0.5 }],
  ])('hold for fresh queries and retrainings: %s', (_, noise) => {
    const { value, difference } = coverage(noise);
    for (const share of [value, difference]) {
      expect(share).toBeGreaterThanOrEqual(0.925);
      expect(share).toBeLessThanOrEqual(0.99);
    }
  });

  it('would be too narrow if queries alone were resampled', () => {
    const noise = { seeds: 3, retraining: 0.5, ofMethod: 0.3, ofQuery: 0.5 };
    const { value, difference } = coverage(noise, withoutRepeats);
    expect(value).toBeLessThan(0.85);
    expect(difference).toBeLessThan(0.7);
  });
});
