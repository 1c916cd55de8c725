import { describe, expect, it } from 'vitest';
import { BenchError, bool, choice, defineMethod, int, num, type ParamSpecs, searchWords } from '../src/index.js';

function declared(params: ParamSpecs) {
  return defineMethod({
    id: 'tuned',
    title: 'Tuned',
    family: 'control',
    origin: 'baseline',
    cite: 'none',
    revision: 1,
    scoreShape: 'pairwise',
    tasks: ['classifier'],
    needs: [],
    params,
    score: async ({ task }) => new Float32Array(task.queries * task.train),
  });
}

function refusal(params: ParamSpecs): string {
  try {
    declared(params);
  } catch (error) {
    if (error instanceof BenchError && error.code === 'PARAM_SEARCH') return error.message;
    throw error;
  }
  return 'accepted';
}

const help = 'a parameter';

describe('search spaces', () => {
  it('are part of what a method declares', () => {
    const { params } = declared({
      damping: num({ default: 0.01, min: 0, search: { from: 1e-4, to: 1, scale: 'log' }, help }),
      models: int({ default: 1, min: 1, search: [1, 3, 5], help }),
      unit: bool({ default: false, search: [false, true], help }),
      norm: choice(['l1', 'l2'], { default: 'l2', search: ['l1', 'l2'], help }),
      plain: num({ default: 0, help }),
    });
    expect(Object.values(params).map(({ search }) => search && searchWords(search))).toEqual([
      '0.0001 to 1 (log)',
      '1, 3, 5',
      'false, true',
      'l1, l2',
      undefined,
    ]);
  });

  it.each<readonly [string, ParamSpecs, string]>([
    ['below the bound', { a: num({ default: 1, min: 1, search: { from: 0.5, to: 2, scale: 'log' }, help }) }, '0.5'],
    ['fractions of whole numbers', { a: int({ default: 1, search: [1, 1.5], help }) }, 'has 1.5: expected a whole'],
    ['a log scale from 0', { a: num({ default: 1, search: { from: 0, to: 2, scale: 'log' }, help }) }, 'begins at 0'],
    ['an empty range', { a: num({ default: 1, search: { from: 2, to: 2, scale: 'linear' }, help }) }, 'from 2 to 2'],
    ['an empty list', { a: num({ default: 1, search: [], help }) }, 'is empty'],
    ['a value twice', { a: num({ default: 1, search: [1, 1], help }) }, 'lists 1 twice'],
    ['no default', { a: num({ search: [1, 2], help }) }, 'no default'],
  ])('are refused with %s', (_what, params, message) => {
    expect(refusal(params)).toContain(`the search space of parameter "a" of method "tuned"`);
    expect(refusal(params)).toContain(message);
  });
});
