import { join } from 'node:path';
import { deriveSeed } from '@attribution-bench/contract';
import { openStore } from '@attribution-bench/store';
import { openTask } from '@attribution-bench/tasks';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import { expect, it } from 'vitest';
import { readArtifact } from '../src/artifacts/codec.js';
import { runArtifact } from '../src/artifacts/training-run.js';
import { truthArtifact } from '../src/artifacts/truth.js';
import { boardInput, exportTruth, importTruth, type Plan, verifyTruth } from '../src/index.js';
import { stageSteps } from '../src/steps/kinds/stage.js';
import { trainStep } from '../src/steps/kinds/train.js';
import { truthStep } from '../src/steps/kinds/truth.js';
import { openPointMemory } from '../src/steps/point-memory.js';
import { readData } from '../src/steps/read-data.js';
import { temporaryFolder } from './support/folder.js';
import { grid, plan, run, small } from './support/run.js';

const both = small.replace('subsets: 20, retrainSeeds: 2', 'subsets: 6, retrainSeeds: 2, seeds: [fresh, same]');
const outputsOf = ({ steps }: Plan, task: string, kind: string) =>
  steps.flatMap((step) => (step.task === task && step.kind === kind ? step.outputs.map(({ key }) => key) : []));

it('retraining r of every subset is run r on all points, without what is left out, to the byte', async () => {
  const results = temporaryFolder();
  const planned = await plan(await grid(both), results);
  await run(planned);
  const store = openStore(join(results, 'store'));
  const jobs = planned.steps.flatMap((step) => truthStep.jobOf(step) ?? []);
  const [fresh, same] = [jobs.find(({ rule }) => rule.seeds === undefined), jobs.find(({ rule }) => rule.seeds)];
  if (fresh === undefined || same === undefined) throw new Error('a truth was not planned');
  const truth = await readArtifact(store, same.output, truthArtifact);
  expect(truth.members).toEqual((await readArtifact(store, fresh.output, truthArtifact)).members);

  const { task: source } = planned.steps.flatMap((step) => trainStep.jobOf(step) ?? [])[0];
  const { spec, key } = source;
  const task = await openTask(spec, await readData(store, source, openPointMemory()), onnxEngine);
  const cancel = { aborted: false, throwIfAborted() {} };
  const seedOf = (r: number) => deriveSeed(spec.seed, key, 'checkpoint', 0, r);
  const weights = truth.members.map((members) =>
    Float32Array.from({ length: task.info.train }, (_, point) => (members.includes(point) ? 1 : 0)),
  );
  const runs = weights.flatMap((own) => [0, 1].map((r) => ({ seed: seedOf(r), weights: own })));
  const models = (await task.train({ runs, cancel })).map(({ parameters }) => parameters);
  expect((await task.queryTargets(models)).flatMap((targets) => [...targets])).toEqual([...truth.outputs]);
  const [whole] = await task.train({ runs: [{ seed: seedOf(0), weights: weights[0].fill(1) }], cancel });
  await task.release();
  const [checkpoint] = planned.steps.flatMap((step) => trainStep.jobOf(step)?.kept ?? []);
  const { models: kept } = await readArtifact(store, checkpoint.output, runArtifact);
  expect(kept[kept.length - 1].parameters).toEqual(whole.parameters);

  const [, board] = (await boardInput(planned)).tasks;
  expect(board.truth).toMatchObject({ seeds: 'same', retrainSeeds: 2 });
  const [, verified] = await verifyTruth(await plan(planned.grid, results, { scope: 'truth' }), { rows: 2, jobs: 1 });
  expect(verified.rows.map(({ identical }) => identical)).toEqual([true, true]);
  const packs = await exportTruth(planned);
  const elsewhere = await plan(planned.grid, temporaryFolder(), { scope: 'truth' });
  expect(await importTruth(elsewhere, packs[1].file)).toEqual({ task: 'a@same', added: 12, present: 0 });
  const other = await plan(await grid(small), temporaryFolder(), { scope: 'truth' });
  await expect(importTruth(other, packs[1].file)).rejects.toMatchObject({
    code: 'TRUTH_PACK_MISMATCH',
    message: expect.stringContaining('of 0.5 and the seed kept'),
  });
});

it('methods of every seed explain the runs that are repeated, and share what is the same with the task of fresh seeds', async () => {
  const planned = await plan(await grid(`${both}seeds: [0, 3]\n`), temporaryFolder());
  expect(planned.tasks.map(({ task }) => task.id)).toEqual(['a@fresh', 'a@same']);
  const checkpoints = planned.steps.flatMap((step) => {
    const job = stageSteps.fit.jobOf(step);
    return job?.method.id === 'grad-dot' ? [job.method] : [];
  });
  // Seed 0 is one step for both tasks.
  expect(checkpoints.map(({ seed, modelSeed }) => [seed, modelSeed])).toEqual([
    [0, 0],
    [3, 3],
    [3, 0],
  ]);
  expect(checkpoints[2].checkpoints).toEqual(checkpoints[0].checkpoints);
  expect(outputsOf(planned, 'a@same', 'retrain').length).toBe(12);
});

it('a truth says how many points are left out, how often each run is repeated, and is refused where it cannot be so', async () => {
  const truthOf = async (truth: string) => {
    const { tasks } = await grid(small.replace('subsets: 20, retrainSeeds: 2', truth));
    return tasks.map(({ id, truth }) => [id, truth?.fraction, truth?.retrainSeeds, truth?.seeds]);
  };
  expect(await truthOf('leaveOut: 2, seeds: [same, fresh]')).toEqual([
    ['a@same', 0.95, 1, 'same'],
    ['a@fresh', 0.95, 2, undefined],
  ]);
  expect(await truthOf('fraction: [0.5, 0.95], seeds: [same]')).toEqual([
    ['a@0.5-same', 0.5, 1, 'same'],
    ['a@0.95-same', 0.95, 1, 'same'],
  ]);
  await expect(truthOf('leaveOut: 2, fraction: 0.5')).rejects.toThrow('leaveOut and fraction both say');
  await expect(truthOf('leaveOut: 40')).rejects.toThrow('leaves out 40 of 40 training points');
  await expect(truthOf('seeds: [same, same]')).rejects.toThrow('the list has an entry twice');
});
