import { expect, test } from 'vitest';
import { bench } from './command.js';

test('perf tells which operators on which sizes take the time of training', { timeout: 120_000 }, async () => {
  const run = await bench(['perf', '--profile', 'mlp-64-32-10', '--json']);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  const { profiles } = JSON.parse(run.stdout) as {
    profiles: { network: string; operators: { operator: string; sizes: string; times: number; share: number }[] }[];
  };
  expect(profiles.map(({ network }) => network)).toEqual(['mlp-64-32-10']);
  const [{ operators }] = profiles;
  expect(operators.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
  // The first layer forward: 64 models, 16 at once, on 450 points in batches of 64 for 20 epochs, three times.
  const forward = operators.find(
    ({ operator, sizes }) => operator === 'MatMul' && sizes === '16x64x64 16x64x32 -> 16x64x32',
  );
  expect(forward?.times).toBe(3 * (64 / 16) * 8 * 20);
});
