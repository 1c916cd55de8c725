import { expect, test } from 'vitest';
import { BenchError, type FullMethodContext, narrowContext, Rng } from '../src/index.js';

const full = {
  rng: () => new Rng([1, 2, 3, 4]),
  checkpoints: [{ id: 'c0' }],
  labels: () => Int32Array.of(1),
} as unknown as FullMethodContext;

test('a method reaches what it declared and its own randomness', () => {
  const ctx = narrowContext(full, ['labels']);
  expect(ctx.labels('train')).toEqual(Int32Array.of(1));
  expect(ctx.rng('any').uint32()).toBe(full.rng('any').uint32());
});

test('a method that reaches further fails with the need it should declare', () => {
  const ctx = narrowContext(full, ['labels']);
  expect(() => ctx.checkpoints).toThrow(BenchError);
  expect(() => ctx.gradients({} as never)).toThrow('does not declare that it needs "gradients"');
});
