import { expectReferenceScores, runMethod } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import { read, referenceMlp } from '../../../../test/fixtures/influence-mlp/reference-mlp.js';
import influence from '../../src/influence.js';

const setting = await referenceMlp();
const { selfInfluence: _, ...scoresOnly } = influence;

test.each([
  [0.15, 10, 2e-3],
  [0.15, 50, 1e-5],
  [0.5, 10, 1e-4],
  [0.5, 50, 1e-5],
])(
  'with damping %s and %s steps from the gradient its scores are those of dattri',
  async (damping, iterations, tolerance) => {
    const params = { solver: 'cg', damping, iterations, start: 'gradient', tolerance: 1e-12 };
    const { scores } = await runMethod(scoresOnly, setting, { params });
    expectReferenceScores(scores, read(`scores_if_cg${iterations}_reg${damping}`), tolerance);
  },
);

test('systems that are not solved after so many steps are logged', async () => {
  const lines: string[] = [];
  await runMethod(scoresOnly, setting, { params: { solver: 'cg', iterations: 3 }, log: (line) => lines.push(line) });
  expect(lines.at(-1)).toMatch(/^cg: 20 of 20 systems not solved to 0.00001 in 3 steps, at worst to \d/);
});

test('solved to its tolerance, its scores are those of a factor', async () => {
  const { scores } = await runMethod(scoresOnly, setting, { params: { solver: 'cg', damping: 0.5 } });
  expectReferenceScores(scores, read('scores_if_explicit_reg0.5'), 1e-5);
});
