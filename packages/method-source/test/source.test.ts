import { overTimesteps } from '@attribution-bench/contract';
import {
  basesOf,
  collectRows,
  createKroneckerOperator,
  float64Rows,
  matmul,
  solveSpd,
} from '@attribution-bench/numerics';
import {
  describeMethod,
  expectReference,
  paramsOf,
  runMethod,
  type Setting,
  taskSpec,
  trainedSetting,
} from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import source from '../src/source.js';
import { unrolled } from '../src/unrolled.js';

const replayed = 'Adam is followed by training once more, whose batches belong to places';
describeMethod(source, { exemptOnGenerators: { permutation: replayed, duplicates: replayed } });

/** All that the formula is made of, in float64, from the context of a task. */
async function partsOf({ task, models }: Setting, trajectory: number) {
  const { parameters: p, train, queries } = task.info;
  const loaded = await models({ checkpoints: 1, trajectory });
  const ctx = task.context({
    ...loaded,
    scope: [0, 0, 0, 0],
    cancel: { aborted: false, throwIfAborted() {} },
    progress() {},
    log() {},
  });
  const rows = async (of: 'train' | 'queries', checkpoint: (typeof ctx.trajectory)[number]) => {
    const output = of === 'train' ? 'loss' : 'target';
    const asked = { of, checkpoint, output, ...overTimesteps(task.info, 10) } as const;
    return float64Rows(await collectRows(ctx.gradients(asked), task.info[of]));
  };
  const gaussNewton = async (checkpoint: (typeof ctx.trajectory)[number]) =>
    Float64Array.from(
      await ctx.curvatureProducts({ checkpoint, vectors: Float32Array.from(identity(p)), kind: 'gauss-newton' }),
    );
  return { ctx, p, train, queries, rows, gaussNewton };
}

test.each(['explicit', 'kfac', 'ekfac'])(
  '%s is the formula, with powers of dense matrices in float64',
  async (solver) => {
    const setting = await trainedSetting(
      taskSpec(
        {
          id: 'small',
          data: { use: 'synthetic', train: 30, queries: 4, dims: 4 },
          model: { use: 'mlp', hidden: [3], epochs: 8, batch: 10, lr: 0.1, momentum: 0.5, weightDecay: 0.05 },
        },
        1,
      ),
    );
    const given = { solver, segments: 2, checkpoints: 2 };
    const { state, scores } = await runMethod(source, setting, { params: given });
    const { ctx, p, train, queries, rows, gaussNewton } = await partsOf(setting, 4);
    const models = ctx.trajectory;
    const rate = (i: number) => models[i]?.learningRate ?? models[0].learningRate;
    let passed = await rows('queries', models[3]);
    const expected = new Float64Array(queries * train);
    for (const l of [1, 0]) {
      const curvature =
        solver === 'explicit'
          ? mean([await gaussNewton(models[2 * l]), await gaussNewton(models[2 * l + 1])])
          : await createKroneckerOperator(
              basesOf(
                {
                  values: Float64Array.from(state[`values@0.${l}`]),
                  vectors: Float32Array.from(state[`vectors@0.${l}`]),
                },
                ctx.layerMatrices,
              ),
            ).apply(identity(p), Float64Array.from(state[`eigenvalues@0.${l}`]));
      for (let i = 0; i < p; i++) curvature[i * (p + 1)] += 0.05;
      // Six steps between two models, momentum 0.5: rates count twice.
      const [before, middle, end] = [rate(2 * l - 1), rate(2 * l), rate(2 * l + 1)];
      const time = 2 * 6 * ((before + middle) / 2 + (middle + end) / 2);
      const { power, integral } = await exponential(curvature, time, p);
      const point = mean([await rows('train', models[2 * l]), await rows('train', models[2 * l + 1])]);
      const moved = await matmul(passed, integral, { m: queries, k: p, n: p });
      const products = await matmul(moved, point, { m: queries, k: p, n: train, transposeB: true });
      for (const [at, product] of products.entries()) expected[at] -= product;
      passed = await matmul(passed, power, { m: queries, k: p, n: p });
    }
    expectReference(scores, expected, 2e-5);
    await setting.task.release();
  },
);

test('one segment of a long training of a convex model gives influence functions', async () => {
  const setting = await trainedSetting(
    taskSpec(
      {
        id: 'converged',
        data: { use: 'synthetic', train: 40, queries: 5, dims: 4 },
        model: { use: 'logistic', epochs: 300, batch: 40, lr: 1, weightDecay: 0.05, schedule: 'constant' },
      },
      1,
    ),
  );
  const given = { solver: 'explicit', segments: 1, checkpoints: 1 };
  const { scores, selfInfluence } = await runMethod(source, setting, { params: given });
  const { ctx, p, train, queries, rows, gaussNewton } = await partsOf(setting, 1);
  const [model] = ctx.trajectory;
  const point = await rows('train', model);
  const influenceOf = async (of: Float64Array, count: number) => {
    const columns = Float64Array.from({ length: p * count }, (_, at) => of[(at % count) * p + Math.floor(at / count)]);
    const solved = await solveSpd(await gaussNewton(model), columns, { n: p, columns: count }, { ridge: 0.05 });
    return matmul(point, solved, { m: train, k: p, n: count });
  };
  const byPoint = await influenceOf(await rows('queries', model), queries);
  const expected = scores.map((_, at) => -byPoint[(at % train) * queries + Math.floor(at / train)]);
  expectReference(scores, expected, 1e-4);
  const own = await influenceOf(point, train);
  expectReference(
    selfInfluence ?? [],
    Float64Array.from({ length: train }, (_, i) => own[i * (train + 1)]),
    1e-4,
  );
  await setting.task.release();
});

test.each(['sgd', 'adam', 'adamw'])('what %s does to a quadratic in many small steps is unrolled', (optimizer) => {
  const layers = [0, 1].map((l) => ({ name: `${l}`, kind: 'dense', offset: 2 * l, size: 2 }));
  const eigenvalues = Float64Array.of(0, 2, 0.3, 7);
  const gains = optimizer === 'sgd' ? [1, 1] : [3, 0.5];
  const [rate, steps, weightDecay] = [1e-5, 100_000, optimizer === 'sgd' ? 0 : 0.4];
  const found = unrolled({ layers, optimizer, weightDecay }, { time: rate * steps }, eigenvalues, gains);
  for (const [i, eigenvalue] of eigenvalues.entries()) {
    const gain = gains[Math.floor(i / 2)];
    let [passed, added] = [1, 0];
    const step = (x: number, gradient: number) => {
      const sloped = gain * (eigenvalue * x + gradient + (optimizer === 'adamw' ? 0 : weightDecay * x));
      return x - rate * (sloped + (optimizer === 'adamw' ? weightDecay * x : 0));
    };
    for (let k = 0; k < steps; k++) [passed, added] = [step(passed, 0), step(added, -1)];
    expect(found.passedOn[i]).toBeCloseTo(passed, 4);
    expect(found.added[i]).toBeCloseTo(added, 4);
  }
});

test('runs are averaged, and what a solver cannot do is refused with the reason', async () => {
  const raw = (id: string, model: object) => ({
    id,
    data: { use: 'synthetic', train: 20, queries: 3, dims: 4 },
    model: { use: 'mlp', hidden: [3], epochs: 4, batch: 10, ...model },
  });
  const setting = await trainedSetting(taskSpec(raw('two', { lr: 0.1 }), 1));
  const params = { solver: 'explicit', segments: 2, checkpoints: 1 };
  const both = await runMethod(source, setting, { params: { ...params, runs: 2 } });
  const first = await runMethod(source, setting, { params });
  expect(both.scores).not.toEqual(first.scores);
  expect(Object.keys(both.state).sort()).toEqual(
    ['eigenvalues', 'vectors'].flatMap((name) => ['0.0', '0.1', '1.0', '1.1'].map((segment) => `${name}@${segment}`)),
  );
  expect(source.supports({ ...setting.task.info, parameters: 4097 }, paramsOf(source, params))).toMatch(
    /takes at most 4096 parameters, the model has 4097; kfac and ekfac take any$/,
  );
  expect(source.supports({ ...setting.task.info, optimizer: 'adam' }, paramsOf(source, params))).toMatch(
    /^the solver explicit takes training by sgd, not by adam/,
  );
  await setting.task.release();
});

function identity(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => (Math.floor(at / n) === at % n ? 1 : 0));
}

function mean(arrays: readonly Float64Array[]): Float64Array {
  return arrays[0].map((_, i) => arrays.reduce((sum, array) => sum + array[i], 0) / arrays.length);
}

/** exp(-time · H) and its integral over the time, by 2¹⁶ steps of a fourth-order method, doubled up. */
async function exponential(curvature: Float64Array, time: number, n: number) {
  const shape = { m: n, k: n, n };
  const small = curvature.map((value) => (-value * time) / 2 ** 16);
  let power = identity(n);
  let integral = identity(n).map((value) => (value * time) / 2 ** 16);
  let [term, termOfIntegral] = [power, integral];
  for (let k = 1; k <= 4; k++) {
    term = (await matmul(term, small, shape)).map((value) => value / k);
    termOfIntegral = (await matmul(termOfIntegral, small, shape)).map((value) => value / (k + 1));
    power = power.map((value, i) => value + term[i]);
    integral = integral.map((value, i) => value + termOfIntegral[i]);
  }
  for (let doubling = 0; doubling < 16; doubling++) {
    const later = await matmul(power, integral, shape);
    integral = integral.map((value, i) => value + later[i]);
    power = await matmul(power, power, shape);
  }
  return { power, integral };
}
