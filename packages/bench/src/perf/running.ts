import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BenchError } from '@attribution-bench/contract';
import { loadGrid, type Plan, planGrid, prepareGrid, registerStep, runPlan } from '@attribution-bench/runner';
import { type Figure, millisecondsOf } from './figures.js';
import packedStep from './packed-step.js';
import singleStep from './single-step.js';
import { plannedStep } from './trivial-step.js';

const few = 900;
const many = 4000;

const grid = `schema: bench/grid@1
name: perf
tasks:
  - id: perf
    data: { use: synthetic, train: 20, queries: 2 }
    model: { use: logistic, epochs: 1 }
methods: [random]
truth: { subsets: 20 }
metrics: [lds]
`;

/**
 * Processor time of the runner for a step that has none of its own: its claim, its events, its way to a worker thread and back, its
 * result and its cost on the disk. What a run takes besides its steps is left out, by runs of few and of many: start-up, and the
 * first thousand steps, in which Node.js compiles what it does often.
 */
export async function measureRunning(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-perf-'));
  try {
    const file = join(folder, 'grid.yaml');
    await writeFile(file, grid);
    const prepared = await prepareGrid(await loadGrid(file), {
      resultsFolder: folder,
      engine: 'onnx',
      scope: 'scores',
    });
    const plan = { ...(await planGrid(prepared)), cells: [], steps: [] };
    const figures: Figure[] = [];
    for (const [results, step] of [
      ['64 to a file', packedStep],
      ['a file each', singleStep],
    ] as const) {
      registerStep(step);
      let begun = 0;
      const millisecondsOfRun = (count: number): Promise<number> => {
        const steps = Array.from({ length: count }, () => plannedStep(step, begun++));
        return millisecondsOf(() => runToEnd({ ...plan, steps }));
      };
      await millisecondsOfRun(few); // compiles
      const perStep = (-(await millisecondsOfRun(few)) + (await millisecondsOfRun(many))) / (many - few);
      figures.push({ what: 'step', settings: { results, steps: `${few} to ${many}` }, value: perStep, unit: 'ms' });
    }
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runToEnd(plan: Plan): Promise<void> {
  const { counts } = await runPlan(plan, { jobs: 1 });
  if (counts.done === plan.steps.length) return;
  throw new BenchError({ code: 'PERF_FAILED', message: `${counts.done} of ${plan.steps.length} steps were done` });
}
