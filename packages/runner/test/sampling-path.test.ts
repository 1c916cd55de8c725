import { join } from 'node:path';
import { openStore } from '@attribution-bench/store';
import { openTask } from '@attribution-bench/tasks';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import { expect, it } from 'vitest';
import { boardInput } from '../src/index.js';
import { trainStep } from '../src/steps/kinds/train.js';
import { openPointMemory } from '../src/steps/point-memory.js';
import { readData } from '../src/steps/read-data.js';
import { temporaryFolder } from './support/folder.js';
import { grid, plan, run } from './support/run.js';

const text = `schema: bench/grid@1
name: paths
seed: 7
tasks:
  - id: drawn
    data: { use: digits, train: 30 }
    model: { use: ddpm-mlp, hidden: [8], epochs: 2, diffusionSteps: 20 }
    target: { use: neg-denoising-loss, timesteps: 4, draws: 1 }
    queries: { heldout: 0, generated: 3, samplerSteps: 4 }
  - id: mixed
    extends: drawn
    queries: { heldout: 2 }
truth: { subsets: 4, retrainSeeds: 1 }
metrics: [lds]
methods: [random, { use: journey-trak, params: { projDim: 64 } }]
`;

it('the model that drew the queries is stored with them, for methods that look at how they were drawn', async () => {
  const results = temporaryFolder();
  const planned = await plan(await grid(text), results);
  const { outcome } = await run(planned);
  expect(outcome.failedCells).toEqual([]);
  const { cells } = await boardInput(planned, outcome);
  expect(cells.map(({ task, method, status, reason }) => [task, method, reason ?? status])).toEqual([
    ['drawn', 'random', 'ok'],
    ['drawn', 'journey-trak', 'ok'],
    ['mixed', 'random', 'ok'],
    [
      'mixed',
      'journey-trak',
      'explains how queries were drawn, and 2 of 5 are held-out points: set queries.heldout to 0',
    ],
  ]);
  const [{ task: source }] = planned.steps.flatMap((step) => trainStep.jobOf(step) ?? []);
  const data = await readData(openStore(join(results, 'store')), source, openPointMemory());
  const task = await openTask(source.spec, data, onnxEngine);
  const never = { aborted: false, throwIfAborted() {} };
  const images = await task.generate?.(data.generatingModel ?? new Float32Array(0), [0, 1, 2], never);
  expect(images).toEqual(data.queryInputs);
  await task.release();
});
