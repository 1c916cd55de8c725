import type { BoardInput, BoardMethod, CellResult } from '../src/board-input.js';
import { boardMethod, range, type Simulation, simulatedGrid, taskInfo } from './simulated-grid.js';

const shared: Omit<Simulation, 'seed' | 'methods'> = {
  train: 120,
  subsets: 64,
  queries: 48,
  retrainSeeds: 3,
  tuneSubsets: 16,
  tuneQueries: 12,
  seeds: [0, 1],
};

/** A grid with everything a board can show: two ranked tasks, a sweep, failures, skips, a control, a task without truth. */
export function exampleGrid(): BoardInput {
  const classifier = simulatedGrid({
    ...shared,
    seed: 7,
    task: 'digits-mlp',
    methods: [
      { id: 'trak', title: 'TRAK', noise: 2.6, params: { projDim: 512, checkpoints: 5 } },
      { id: 'trak', title: 'TRAK', noise: 1.4, seedNoise: 0.5, params: { projDim: 2048, checkpoints: 5 } },
      { id: 'influence', title: 'Influence functions', family: 'influence', noise: 1.5 },
      { id: 'tracin', title: 'TracIn', noise: 2.5 },
      { id: 'grad-dot', title: 'Grad-Dot', noise: 4, origin: 'baseline' },
      { id: 'complexity-gap', title: 'Complexity gap', family: 'complexity', noise: 0.5, global: true },
      { id: 'fld', title: 'Feature likelihood divergence', family: 'generative', noise: 6, origin: 'adapted' },
      { id: 'random', title: 'Random', noise: 1e6, seedNoise: 1e6, origin: 'baseline' },
    ],
  });
  const generator = simulatedGrid({
    ...shared,
    seed: 8,
    task: 'digits-ddpm',
    kind: 'generator',
    methods: [
      { id: 'd-trak', title: 'D-TRAK', noise: 1.2 },
      { id: 'trak', title: 'TRAK', noise: 2.4, params: { projDim: 512, checkpoints: 5 } },
      { id: 'trak', title: 'TRAK', noise: 2.8, params: { projDim: 2048, checkpoints: 5 } },
      { id: 'tracin', title: 'TracIn', noise: 3 },
      { id: 'grad-dot', title: 'Grad-Dot', noise: 5, origin: 'baseline' },
      { id: 'fld', title: 'Feature likelihood divergence', family: 'generative', noise: 3, origin: 'adapted' },
      { id: 'random', title: 'Random', noise: 1e6, seedNoise: 1e6, origin: 'baseline' },
    ],
  });
  const missing = (
    task: string,
    method: string,
    status: CellResult['status'],
    reason: string,
    seeds = [0, 1],
  ): CellResult[] => seeds.map((seed) => ({ task, method, params: {}, seed, status, reason, metrics: {} }));
  const methods: BoardMethod[] = [
    ...classifier.methods,
    boardMethod({ id: 'd-trak', title: 'D-TRAK', noise: 0 }),
    boardMethod({ id: 'arnoldi', title: 'Arnoldi', family: 'influence', noise: 0 }),
    boardMethod({ id: 'gmvaluator', title: 'GMValuator', family: 'generative', noise: 0 }),
  ];
  return {
    ...classifier,
    grid: 'example',
    tasks: [
      ...classifier.tasks,
      ...generator.tasks,
      {
        info: taskInfo('digits-mlp-noisy', 'classifier', 120, 48),
        key: 'digits-mlp-noisy',
        dataset: 'simulated',
        report: { subsets: range(0, 0), queries: range(0, 48) },
        questions: {
          'mislabel-auc': 'does suspicion tell flipped labels from the others among 120 training points',
        },
        sanity: {},
      },
    ],
    methods,
    defaults: { trak: { projDim: 2048, checkpoints: 5 } },
    selection: { budget: 2 },
    metrics: [
      ...classifier.metrics,
      { id: 'mislabel-auc', title: 'AUC of finding flipped labels', higherIsBetter: true, params: {} },
    ],
    cells: [
      ...classifier.cells,
      ...generator.cells,
      ...missing('digits-mlp', 'd-trak', 'skipped', 'needs a generator'),
      ...missing('digits-mlp', 'arnoldi', 'failed', 'scores hold NaN at query 3, training point 17', [0]),
      ...missing('digits-mlp', 'gmvaluator', 'incomplete', 'stopped by --max-time'),
      ...missing('digits-ddpm', 'influence', 'skipped', 'the Hessian of 38,307,203 parameters does not fit in memory'),
      ...missing('digits-ddpm', 'complexity-gap', 'skipped', 'needs a classifier'),
      ...detections(),
    ],
  };
}

function detections(): CellResult[] {
  const positive = Uint8Array.from({ length: 120 }, (_, i) => (i % 10 === 0 ? 1 : 0));
  const cell = (method: string, strength: number, params = {}): CellResult[] =>
    [0, 1].map((seed) => {
      const scores = Float64Array.from(positive, (flag, i) => flag * strength + Math.sin(i * 7 + 1));
      let won = 0;
      scores.forEach((a, i) => {
        scores.forEach((b, j) => {
          if (positive[i] === 1 && positive[j] === 0) won += a > b ? 1 : a === b ? 0.5 : 0;
        });
      });
      return {
        task: 'digits-mlp-noisy',
        method,
        params,
        seed,
        status: 'ok',
        metrics: {
          'mislabel-auc': {
            report: { kind: 'detection' as const, value: won / (12 * 108), detection: { scores, positive } },
          },
        },
      };
    });
  return [...cell('complexity-gap', 2), ...cell('influence', 1), ...cell('random', 0)];
}
