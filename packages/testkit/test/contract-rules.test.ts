import { defineMethod, type Method, type MethodSpec, type ParamSpecs } from '@attribution-bench/contract';
import { addRowProducts, collectRows } from '@attribution-bench/numerics';
import { describe, expect, test } from 'vitest';
import { contractRules } from '../src/index.js';

type Spec = MethodSpec<ParamSpecs, 'checkpoints' | 'gradients'>;

/** A sound method: inner products of gradients. */
const sound: Spec = {
  id: 'sound',
  title: 'Sound',
  family: 'gradient',
  origin: 'baseline',
  cite: 'none',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier'],
  needs: ['checkpoints', 'gradients'],
  params: {},
  async score(ctx) {
    const { train, queries } = ctx.task;
    const [checkpoint] = ctx.checkpoints;
    const scores = new Float32Array(queries * train);
    await addRowProducts({
      left: ctx.gradients({ of: 'queries', checkpoint, output: 'target' }),
      leftRows: queries,
      right: () => ctx.gradients({ of: 'train', checkpoint, output: 'loss' }),
      rightRows: train,
      into: scores,
      scale: -1,
      onBlock: () => ctx.signal.throwIfAborted(),
    });
    return scores;
  },
};

/** Names of the rules that a method breaks. */
async function broken(method: Method): Promise<string[]> {
  const names: string[] = [];
  for (const { name, exempt, check } of contractRules(method)) {
    if (exempt !== undefined) continue;
    await check().catch(() => names.push(name));
  }
  return names;
}

/** The sound method with a defect in what becomes of its scores. */
function spoiled(spoil: (scores: Float32Array, train: number) => Float32Array, spec = sound): Method {
  return defineMethod({
    ...spec,
    score: async (ctx, params, state, queries) => spoil(await sound.score(ctx, params, state, queries), ctx.task.train),
  });
}

test('a sound method breaks no rule', async () => {
  expect(await broken(defineMethod(sound))).toEqual([]);
});

test('a wrong sign is found', async () => {
  expect(await broken(spoiled((scores) => scores.map((score) => -score)))).toEqual([
    'is positive where leaving the point out lowers the target',
    'beats random scores at predicting retrained models',
  ]);
});

test('scores in the wrong order are found', async () => {
  const reversed = (scores: Float32Array, train: number) =>
    scores.map((_, i) => scores[i - (i % train) + (train - 1 - (i % train))]);
  expect(await broken(spoiled(reversed))).toEqual([
    'permuting the training set permutes the scores',
    'a training point and its copy score alike',
    'is positive where leaving the point out lowers the target',
    'beats random scores at predicting retrained models',
  ]);
});

test('a score too few and a NaN are found', async () => {
  const first = 'gives one finite score per training point and query, or per training point';
  expect(await broken(spoiled((scores) => scores.slice(1)))).toContain(first);
  expect(await broken(spoiled((scores) => scores.with(5, Number.NaN)))).toContain(first);
});

test('an undeclared need is found', async () => {
  const method = defineMethod<ParamSpecs, 'checkpoints'>({
    ...sound,
    needs: ['checkpoints'],
    score: (ctx, params, state, queries) => sound.score(ctx as Parameters<Spec['score']>[0], params, state, queries),
  });
  const rules = contractRules(method);
  await expect(rules[2].check()).rejects.toThrow('does not declare that it needs "gradients"');
});

test('scores that change from run to run are found', async () => {
  let run = 0;
  expect(await broken(spoiled((scores) => scores.with(0, scores[0] + ++run)))).toContain(
    'gives the same bytes for the same seed',
  );
});

test('a method that swallows the cancellation is found', async () => {
  const method = defineMethod<ParamSpecs, 'checkpoints' | 'gradients'>({
    ...sound,
    async score(ctx) {
      const { train, queries } = ctx.task;
      const [checkpoint] = ctx.checkpoints;
      await collectRows(ctx.gradients({ of: 'train', checkpoint, output: 'loss' }), train).catch(() => undefined);
      return new Float32Array(queries * train);
    },
  });
  expect(await broken(method)).toContain('stops when cancelled, wherever it is');
});

test('a method that expects no signal is exempt from sign and signal, and says why', () => {
  const exempt = contractRules(defineMethod({ ...sound, expectSignal: false })).flatMap((rule) => rule.exempt ?? []);
  expect(exempt).toEqual(['expects no signal', 'expects no signal']);
});

describe('on a diffusion model', () => {
  const onGenerator: Spec = { ...sound, tasks: ['generator'] };

  test('a sound method breaks no rule', async () => {
    expect(await broken(defineMethod(onGenerator))).toEqual([]);
  });

  test('a wrong sign and a wrong order are found', async () => {
    const signal = 'on a diffusion model, beats random scores at predicting retrained models';
    expect(await broken(spoiled((scores) => scores.map((score) => -score), onGenerator))).toEqual([signal]);
    const shifted = (scores: Float32Array, train: number) =>
      scores.map((_, i) => scores[i - (i % train) + ((i + 1) % train)]);
    expect(await broken(spoiled(shifted, onGenerator))).toEqual([
      'on a diffusion model, permuting the training set permutes the scores',
      'on a diffusion model, a training point and its copy score alike',
      signal,
    ]);
  });

  test('a method for both kinds is held to the rules on both', () => {
    const count = (tasks: Spec['tasks']) => contractRules(defineMethod({ ...sound, tasks })).length;
    expect(count(['classifier', 'generator'])).toBe(count(['classifier']) + count(['generator']) - 2);
  });
});
