import { expect, test } from 'vitest';
import { defineMethod, type FullMethodContext, int, type TaskInfo } from '../src/index.js';

const info: TaskInfo = {
  id: 't',
  kind: 'classifier',
  target: 'margin',
  train: 3,
  queries: 1,
  parameters: 2,
  layers: [],
  inputShape: [2],
  classes: 2,
  diffusionSteps: 0,
  optimizer: 'sgd',
  epochs: 1,
  batch: 1,
};

const method = defineMethod({
  id: 'count',
  title: 'Count',
  family: 'control',
  origin: 'baseline',
  cite: 'none',
  revision: 1,
  scoreShape: 'global',
  tasks: ['classifier'],
  needs: [],
  params: { checkpoints: int({ default: 2, min: 1, help: 'models' }) },
  uses: (params) => ({ checkpoints: params.checkpoints }),
  supports: (task) => task.train < 10 || 'too many points',
  async score(ctx) {
    return new Float32Array(ctx.task.train).fill(1);
  },
});

test('a method says what it uses and which tasks it takes', () => {
  expect(method.uses({ checkpoints: 5 })).toEqual({ checkpoints: 5, trajectory: 1 });
  expect(method.supports(info, { checkpoints: 2 })).toBe(true);
  expect(method.supports({ ...info, train: 11 }, { checkpoints: 2 })).toBe('too many points');
  expect(method.supports({ ...info, kind: 'generator' }, { checkpoints: 2 })).toBe('needs a classifier');
});

test('a method without a training side has an empty state', async () => {
  const ctx = { task: info } as FullMethodContext;
  expect(await method.fit(ctx, { checkpoints: 1 })).toEqual({});
  expect(await method.score(ctx, { checkpoints: 1 }, {}, {})).toEqual(Float32Array.of(1, 1, 1));
  expect(method.selfInfluence).toBeUndefined();
});
