import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadGrid, planGrid, prepareGrid, type RunEvent, runPlan } from '@attribution-bench/runner';
import type { Figure } from './figures.js';

const workers = [1, 2];

/** The truth of digits.yaml's perceptron, twice as many subsets. */
const grid = `schema: bench/grid@1
name: perf
tasks:
  - id: mlp
    data: { use: digits, train: 900, queries: 100 }
    model: { use: mlp, hidden: [32], epochs: 20, batch: 64 }
truth: { subsets: 256, fraction: 0.5, retrainSeeds: 2 }
methods: [random]
metrics: [lds]
`;

/** Subset retrainings per second as a run does them, each stored; from the first one finished on, start-up left out. */
export async function measureRetraining(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-perf-'));
  try {
    const file = join(folder, 'grid.yaml');
    writeFileSync(file, grid);
    const figures: Figure[] = [];
    for (const jobs of workers) {
      const resultsFolder = join(folder, String(jobs));
      const prepared = await prepareGrid(await loadGrid(file), { resultsFolder, engine: 'onnx', scope: 'truth' });
      const plan = await planGrid(prepared);
      const finished: number[] = [];
      const onEvent = (event: RunEvent): void => {
        if (event.type === 'step-finished' && event.kind === 'retrain') finished.push(event.at);
      };
      await runPlan(plan, { jobs, onEvent });
      const retrainings = plan.tasks[0].truth?.total ?? 0;
      const measured = (retrainings * (finished.length - jobs)) / finished.length;
      const seconds = (finished[finished.length - 1] - finished[jobs - 1]) / 1000;
      figures.push({
        what: 'retraining',
        settings: { model: 'mlp 64-32-10', train: 450, epochs: 20, workers: jobs },
        value: measured / seconds,
        unit: 'models/s',
      });
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
