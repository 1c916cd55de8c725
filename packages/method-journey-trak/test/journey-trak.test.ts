import type { GradientRequest, ModelMethodContext } from '@attribution-bench/contract';
import { collectRows } from '@attribution-bench/numerics';
import {
  describeMethod,
  expectReference,
  neverCancelled,
  runMethod,
  taskSpec,
  trainedSetting,
} from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import journeyTrak from '../src/journey-trak.js';

describeMethod(journeyTrak, { params: { projDim: 256 }, generatedOnly: true });

const settingWith = (queries: object) =>
  trainedSetting(
    taskSpec(
      {
        id: 'journey',
        data: { use: 'synthetic', train: 14, classes: 4, dims: 3 },
        model: { use: 'ddpm-mlp', hidden: [6], timeFeatures: 4, epochs: 80, batch: 14, lr: 0.02 },
        queries: { generated: 5, samplerSteps: 7, ...queries },
      },
      3,
    ),
  );

/** x of (A + λI) x = b for each column b, by elimination without pivots: A is positive definite. */
function solved(matrix: readonly (readonly number[])[], lambda: number, columns: readonly (readonly number[])[]) {
  const rows = matrix.map((row, i) => [
    ...row.map((value, j) => value + (i === j ? lambda : 0)),
    ...columns.map((column) => column[i]),
  ]);
  for (const [k, pivot] of rows.entries())
    for (const [i, row] of rows.entries()) {
      if (i === k) continue;
      const factor = row[k] / pivot[k];
      for (let j = k; j < row.length; j++) row[j] -= factor * pivot[j];
    }
  return columns.map((_, c) => rows.map((row, k) => row[matrix.length + c] / row[k]));
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);

test('its scores are the formula over the gradients along the path of each query, one parameter at a time', async () => {
  const setting = await settingWith({ heldout: 0 });
  const { checkpoints } = await setting.models({ checkpoints: 1, trajectory: 1 });
  const ctx: ModelMethodContext = setting.task.context({
    checkpoints,
    trajectory: [],
    scope: [1, 2, 3, 4],
    cancel: neverCancelled,
    progress() {},
    log() {},
  });
  const { train, queries, parameters } = ctx.task;
  const gradients = async (of: GradientRequest['of'], timesteps: NonNullable<GradientRequest['timesteps']>) => {
    const rows = ctx.gradients({ of, timesteps, checkpoint: ctx.checkpoints[0], output: 'loss' });
    const { data } = await collectRows(rows, of === 'train' ? train : queries);
    return Array.from({ length: data.length / parameters }, (_, row) => [
      ...data.subarray(row * parameters, (row + 1) * parameters),
    ]);
  };
  const points = await gradients('train', [0, 250, 500, 750]);
  const paths = await gradients('queries', 'sampling');
  const gram = Array.from({ length: parameters }, (_, i) =>
    Array.from({ length: parameters }, (_, j) => points.reduce((sum, g) => sum + g[i] * g[j], 0)),
  );
  const lambda = 0.05;
  const expected = solved(gram, lambda, paths).flatMap((solution) => points.map((point) => dot(solution, point)));
  const params = { timesteps: 4, projection: 'none', ridge: lambda, ridgeUnit: 'absolute' };
  const { scores } = await runMethod(journeyTrak, setting, { params });
  expectReference(scores, expected, 1e-5);
  await setting.task.release();
});

test('a task with held-out queries is skipped, and its reason says what to do', async () => {
  const setting = await settingWith({ heldout: 2 });
  await expect(runMethod(journeyTrak, setting)).rejects.toThrow(
    'explains how queries were drawn, and 2 of 7 are held-out points: set queries.heldout to 0',
  );
  await setting.task.release();
  const { task } = await settingWith({ heldout: 4, generated: 0 });
  expect(journeyTrak.supports(task.info, {})).toContain('4 of 4 are held-out points');
  await task.release();
});
