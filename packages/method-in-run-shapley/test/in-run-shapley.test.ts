import type { ModelMethodContext, ReplayStep } from '@attribution-bench/contract';
import { collectRows, matmul } from '@attribution-bench/numerics';
import {
  describeMethod,
  expectReference,
  fixtureTask,
  neverCancelled,
  runMethod,
  type Setting,
  taskSpec,
  trainedSetting,
} from '@attribution-bench/testkit';
import { describe, expect, test } from 'vitest';
import inRunShapley, { firstOrder, secondOrder } from '../src/in-run-shapley.js';
import { batchSize, lr, read, recordedRun } from './support/recorded-run.js';

const oneRun = 'it is of one training run, in which a point meets the noise of its place in the batches';
const exemptOnGenerators = { permutation: oneRun, duplicates: oneRun };
describeMethod(inRunShapley, { exemptOnGenerators });
describe('second order', () => describeMethod(inRunShapley, { params: { order: 'second' }, exemptOnGenerators }));

describe('on the recorded run', () => {
  const negated = (values: ArrayLike<number>) => Array.from(values, (value) => -value);

  test.each([
    ['first', 'oracle_total_first_order'],
    ['second', 'oracle_total_second_order'],
  ])('scores of %s order, averaged over queries, are those of the oracle', async (order, reference) => {
    const fixture = await fixtureTask({
      inputs: read('x_train'),
      labels: read('y_train'),
      queryInputs: read('x_val'),
      queryLabels: read('y_val'),
      classes: 10,
      model: { use: 'mlp', hidden: [16] },
      target: 'neg-loss',
      checkpoints: [new Float32Array(65 * 16 + 17 * 10)],
    });
    const setting: Setting = {
      ...fixture,
      task: {
        ...fixture.task,
        context: (request): ModelMethodContext => ({ ...fixture.task.context(request), replay: recordedRun }),
      },
    };
    const { scores } = await runMethod(inRunShapley, setting, { params: { order } });
    const { train, queries } = setting.task.info;
    const mean = Array.from({ length: train }, (_, point) => {
      let sum = 0;
      for (let query = 0; query < queries; query++) sum += scores[query * train + point];
      return sum / queries;
    });
    expectReference(mean, negated(read(reference).data), 1e-5);
  });

  /** Values of each step, averaged over queries, [steps × batch]. */
  async function perStep(values: (step: ReplayStep) => ReturnType<typeof firstOrder>): Promise<Float32Array> {
    const means: Float32Array[] = [];
    const run = recordedRun({ emit: (step) => ({ mean: values(step).mean(1) }), tangent: true });
    for await (const { emitted } of run) means.push(emitted.mean.map((mean) => -lr * mean));
    return Float32Array.from(means.flatMap((mean) => [...mean]));
  }

  test('values of each step are those of the oracle', async () => {
    expectReference(await perStep(firstOrder), negated(read('oracle_first_order').data), 1e-5);
    expectReference(await perStep(secondOrder), negated(read('oracle_second_order').data), 1e-5);
  });

  test('products are those of GhostSuite, which rounds to bfloat16', async () => {
    const queries = read('y_val').data.length;
    const products = (await perStep(firstOrder)).map(
      (value) => (-value * (batchSize / lr) * queries) / (queries + batchSize) ** 2,
    );
    expectReference(negated(products), read('ghost_dot_products').data, 2e-2);
  });

  test('second order comes closer than first to the exact Shapley value of the loss change', async () => {
    const [first, second] = [await perStep(firstOrder), await perStep(secondOrder)];
    for (const step of [0, 10]) {
      const exact = negated(read(`oracle_exact_shapley_step${step}`).data);
      const error = (found: Float32Array) =>
        Math.max(...exact.map((value, place) => Math.abs(value - found[step * batchSize + place])));
      expect(error(second)).toBeLessThan(error(first));
    }
  });
});

describe('one full-batch step', () => {
  const points = { use: 'synthetic', train: 20, queries: 6, classes: 3, dims: 4 };
  const settingOf = (recipe: Readonly<Record<string, unknown>>) =>
    trainedSetting(
      taskSpec(
        {
          id: 'one-step',
          data: points,
          model: { use: 'mlp', hidden: [5], activation: 'tanh', epochs: 1, batch: 20, ...recipe },
        },
        1,
      ),
    );
  /** A step of no length leaves the initial model. */
  const initial = settingOf({ lr: 0, schedule: 'constant' });

  test('first order is the inner product of gradients times lr / n, of a point with itself its own score', async () => {
    const setting = await settingOf({ lr: 0.2, momentum: 0, schedule: 'constant' });
    const { scores, selfInfluence } = await runMethod(inRunShapley, setting);
    const { task, models } = await initial;
    const given = await models({ checkpoints: 1, trajectory: 1 });
    const ctx = task.context({ ...given, scope: [0, 0, 0, 0], cancel: neverCancelled, progress() {}, log() {} });
    const [checkpoint] = given.checkpoints;
    const queries = await collectRows(ctx.gradients({ of: 'queries', checkpoint, output: 'target' }), 6);
    const train = await collectRows(ctx.gradients({ of: 'train', checkpoint, output: 'loss' }), 20);
    const shape = { m: 6, k: task.info.parameters, n: 20, transposeB: true };
    const products = await matmul(queries.data, train.data, shape);
    expectReference(
      scores,
      products.map((product) => (-0.2 / 20) * product),
      1e-5,
    );
    const norms = Array.from({ length: 20 }, (_, point) =>
      train.data.subarray(point * train.cols, (point + 1) * train.cols).reduce((sum, value) => sum + value * value, 0),
    );
    expectReference(
      selfInfluence as Float32Array,
      norms.map((norm) => (0.2 / 20) * norm),
      1e-5,
    );
  });

  test("scores are adapted where the optimiser is not the paper's", async () => {
    const adapted = async (recipe: Readonly<Record<string, unknown>>) =>
      inRunShapley.adapted?.((await settingOf(recipe)).task.info, { order: 'first' });
    expect(await adapted({ optimizer: 'adam', lr: 0.002 })).toContain('preconditioner');
    expect(await adapted({ lr: 0.1 })).toBeUndefined();
  });

  test.each([
    ['sgd', 0.02, 0.1],
    ['adam', 0.002, 0.1],
  ])('with %s, second order accounts for the change of each target', async (optimizer, rate, tolerance) => {
    const setting = await settingOf({
      optimizer,
      lr: rate,
      schedule: 'constant',
      ...(optimizer === 'sgd' ? { momentum: 0 } : {}),
    });
    const before = await initial;
    expect(await unexplained(before, setting, 'second')).toBeLessThan(
      tolerance * (await unexplained(before, setting, 'first')),
    );
  });
});

test('on a diffusion model too, second order accounts for the change of each target in a step', async () => {
  const settingOf = (lr: number) =>
    trainedSetting(
      taskSpec(
        {
          id: 'diffusion',
          kind: 'generator',
          data: { use: 'synthetic', train: 20, dims: 4 },
          model: {
            use: 'ddpm-mlp',
            hidden: [8],
            optimizer: 'sgd',
            momentum: 0,
            weightDecay: 0,
            epochs: 1,
            batch: 20,
            lr,
          },
          target: { use: 'neg-denoising-loss', timesteps: 1, draws: 1 },
          queries: { heldout: 5, generated: 0 },
        },
        1,
      ),
    );
  const [before, after] = [await settingOf(0), await settingOf(0.1)];
  expect(await unexplained(before, after, 'second')).toBeLessThan(0.1 * (await unexplained(before, after, 'first')));
});

/** The largest part of the change of a target from one model to the other that the scores of all points do not sum to. */
async function unexplained(before: Setting, after: Setting, order: string): Promise<number> {
  const models = await Promise.all([before, after].map(({ models }) => models({ checkpoints: 1, trajectory: 1 })));
  const targets = await after.task.queryTargets(models.map(({ checkpoints }) => checkpoints[0].parameters));
  const { scores } = await runMethod(inRunShapley, after, { params: { order } });
  const { train } = after.task.info;
  const errors = Array.from(targets[1], (target, query) => {
    const explained = scores.subarray(query * train, (query + 1) * train).reduce((sum, score) => sum + score, 0);
    return Math.abs(target - targets[0][query] - explained);
  });
  return Math.max(...errors);
}
