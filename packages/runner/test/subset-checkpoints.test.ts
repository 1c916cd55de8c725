import { openStore } from '@attribution-bench/store';
import { drawSubset, openTask, prepareData } from '@attribution-bench/tasks';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import { expect, it } from 'vitest';
import { readArtifact } from '../src/artifacts/codec.js';
import { runArtifact } from '../src/artifacts/training-run.js';
import { boardInput, type Plan } from '../src/index.js';
import { type SubsetCheckpointsJob, subsetCheckpointsStep } from '../src/steps/kinds/subset-checkpoints.js';
import { trainStep } from '../src/steps/kinds/train.js';
import { temporaryFolder } from './support/folder.js';
import { grid, gridOf, plan, run, using } from './support/run.js';

const trak = (params: string) => `{ use: trak, params: { projection: none, ${params} } }`;
const modelSteps = ({ steps }: Plan) => steps.filter((step) => subsetCheckpointsStep.jobOf(step));

it('trains the checkpoints of a method on halves of the points, once for all settings that use them', async () => {
  const results = temporaryFolder();
  const file = gridOf(
    trak('checkpoints: 1, fraction: 0.5'),
    trak('checkpoints: 3, fraction: 0.5'),
    trak('checkpoints: 1'),
  );
  const planned = await plan(await grid(file), results, { scope: 'scores' });
  expect(planned.cells.map(({ retrainings }) => retrainings)).toEqual([1, 3, 1]);
  expect(modelSteps(planned).map(({ outputs }) => outputs.length)).toEqual([3]);
  expect(planned.steps.filter((step) => trainStep.jobOf(step)).length).toBe(1);
  expect((await run(planned)).outcome.failedCells).toEqual([]);
  const { cells } = await boardInput(planned);
  expect(new Set(cells.map(({ scoresDigest }) => scoresDigest)).size).toBe(3);

  const store = await openStore(`${results}/store`);
  const models = await Promise.all(
    modelSteps(planned)[0].outputs.map((output) => readArtifact(store, output, runArtifact)),
  );
  const step = modelSteps(planned)[0];
  const { task: source, scope } = subsetCheckpointsStep.jobOf(step) as SubsetCheckpointsJob;
  const data = await prepareData(source.spec, { cacheFolder: '', offline: true, log() {} });
  const task = await openTask(source.spec, data, onnxEngine);
  const halves = [0, 1, 2].map((index) => drawSubset({ draw: 'fraction', fraction: 0.5 }, index, scope));
  expect(halves.map(({ members }) => members.length)).toEqual([20, 20, 20]);
  const cancel = { aborted: false, throwIfAborted() {} };
  const trained = await task.train({ runs: halves, cancel });
  expect(models.map((run) => run.models[0].parameters)).toEqual(trained.map(({ parameters }) => parameters));
  await task.release();
});

it('refuses a share of the points that is none', async () => {
  const planned = plan(await grid(gridOf(using('two-wholes'))), temporaryFolder(), { scope: 'scores' });
  await expect(planned).rejects.toThrow('a/two-wholes: uses() returned a checkpointFraction of 2, it is a share');
});
