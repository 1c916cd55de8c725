import {
  describeMethod,
  expectReference,
  expectReferenceScores,
  paramsOf,
  runMethod,
  taskSpec,
  trainedSetting,
} from '@attribution-bench/testkit';
import { describe, expect, test } from 'vitest';
import { read, referenceMlp } from '../../../../test/fixtures/influence-mlp/reference-mlp.js';
import influence from '../../src/influence.js';

const setting = await referenceMlp();
const { selfInfluence: _, ...scoresOnly } = influence;

async function scored(own: typeof setting, params: Readonly<Record<string, unknown>>) {
  const lines: string[] = [];
  const { scores } = await runMethod(scoresOnly, own, { params, log: (line) => lines.push(line) });
  return { scores, lines };
}

describe('ekfac', () => describeMethod(influence, { params: { solver: 'ekfac' } }));

test.each(['kfac', 'ekfac'])('%s of the empirical Fisher has the scores of the textbook in float64', async (solver) => {
  const params = { solver, curvature: 'fisher' };
  const { state } = await runMethod(scoresOnly, setting, { params });
  for (const damping of [0.01, 0.1]) {
    const { scores } = await runMethod(scoresOnly, setting, { params: { ...params, damping }, state });
    expectReferenceScores(scores, read(`oracle_${solver}_bias_damp${damping}`), 1e-5);
  }
});

test('a damping in units of the mean eigenvalue of each layer is another one for each, and 0 is raised', async () => {
  const params = { solver: 'ekfac', curvature: 'fisher', dampingUnit: 'layer-mean-eigenvalue', damping: 0.1 };
  const { state } = await runMethod(scoresOnly, setting, { params });
  const eigenvalues = Float64Array.from(state['eigenvalues@0']);
  const [first, second] = setting.task.info.layers;
  const damping = (0.1 * eigenvalues.subarray(0, first.size).reduce((sum, value) => sum + value)) / first.size;
  const { scores } = await runMethod(scoresOnly, setting, { params, state });
  const absolute = { ...params, dampingUnit: 'absolute', damping };
  // With the second layer's eigenvalues out of reach, one damping is as good as two.
  const stiff = { ...state, 'eigenvalues@0': Float64Array.from(eigenvalues).fill(1e12, second.offset) };
  const [byLayer, alone] = await Promise.all([
    runMethod(scoresOnly, setting, { params, state: stiff }),
    runMethod(scoresOnly, setting, { params: absolute, state: stiff }),
  ]);
  expectReference(byLayer.scores, alone.scores, 1e-5);
  expect(() => expectReference(byLayer.scores, scores, 1e-3)).toThrow();
  const { lines } = await scored(setting, { ...params, damping: 0 });
  expect(lines[0]).toMatch(/^damping raised from 0 to 0.000001: the fisher matrix is not positive definite$/);
  expect(influence.supports(setting.task.info, paramsOf(influence, { ...params, solver: 'cg' }))).toMatch(
    /^the solver cg takes one damping for all layers/,
  );
});

test('preconditioned by EK-FAC, conjugate gradients solve in steps that do not suffice without', async () => {
  const digits = { use: 'digits', train: 400, queries: 5 };
  const model = { use: 'logistic', epochs: 20, batch: 64 };
  const logistic = await trainedSetting(taskSpec({ id: 'digits', data: digits, model }, 1));
  const params = { damping: 0.01, iterations: 20, draws: 4 };
  const exact = await scored(logistic, { ...params, solver: 'cg', iterations: 200 });
  const short = await scored(logistic, { ...params, solver: 'cg' });
  const preconditioned = await scored(logistic, { ...params, solver: 'ekfac-cg' });
  expect(short.lines[0]).toMatch(/^cg: 5 of 5 systems not solved/);
  expect(preconditioned.lines).toEqual([]);
  expectReference(preconditioned.scores, exact.scores, 1e-4);
});
