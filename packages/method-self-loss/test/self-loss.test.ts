import { describeMethod, expectReference, fixtureTask, runMethod } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import selfLoss from '../src/self-loss.js';

describeMethod(selfLoss, { params: { timesteps: 3 } });

const points = [
  [0.5, -1, 2],
  [3, 0, 1],
  [-1, 2, 2],
];
const labels = [2, 1, 0];
/** Logits are the inputs, then three times the inputs. */
const identity = (scale: number) => Float32Array.of(scale, 0, 0, 0, scale, 0, 0, 0, scale, 0, 0, 0);
const setting = fixtureTask({
  inputs: { shape: [3, 3], data: Float32Array.from(points.flat()) },
  labels: { shape: [3], data: Int32Array.from(labels) },
  queryInputs: { shape: [1, 3], data: Float32Array.from(points[0]) },
  queryLabels: { shape: [1], data: Int32Array.of(0) },
  classes: 3,
  model: { use: 'logistic' },
  checkpoints: [identity(1), identity(3)],
});

const loss = (logits: readonly number[], label: number) =>
  Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - logits[label];
const margin = (logits: readonly number[], label: number) =>
  logits[label] - Math.max(...logits.filter((_, c) => c !== label));

test.each([
  ['loss', loss],
  ['margin', (logits: readonly number[], label: number) => -margin(logits, label)],
])('%s of each point, averaged over models, is its suspicion and counts as harm', async (score, of) => {
  const { scores, selfInfluence } = await runMethod(selfLoss, await setting, { params: { score, models: 2 } });
  const expected = points.map(
    (logits, i) =>
      (of(logits, labels[i]) +
        of(
          logits.map((x) => 3 * x),
          labels[i],
        )) /
      2,
  );
  expectReference(selfInfluence ?? [], expected, 1e-6);
  expect([...scores]).toEqual(Array.from(selfInfluence ?? [], (value) => -value));
});

test('a margin is refused for generators', () => {
  const task = { kind: 'generator' } as Parameters<typeof selfLoss.supports>[0];
  expect(selfLoss.supports(task, { score: 'margin', models: 1, timesteps: 1 })).toMatch('set score to loss');
});
