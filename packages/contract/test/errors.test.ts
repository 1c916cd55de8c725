import { expect, test } from 'vitest';
import { BenchError, fromPlainError, nearest, toPlainError } from '../src/index.js';

test('an error reads as one line: place, cause, next step', () => {
  const error = new BenchError({
    code: 'CONFIG_INVALID',
    place: 'configs/x.yaml:14:5',
    message: 'unknown key "retrainSeed"',
    next: 'did you mean "retrainSeeds"?',
  });
  expect(error.line).toBe('configs/x.yaml:14:5 unknown key "retrainSeed", did you mean "retrainSeeds"?');
});

test('an error survives the way through a worker thread', () => {
  const error = new BenchError({ code: 'TRAINING_DIVERGED', message: 'loss is NaN', next: 'lower lr' });
  const back = fromPlainError(structuredClone(toPlainError(error)));
  expect(back).toMatchObject({
    code: 'TRAINING_DIVERGED',
    message: 'loss is NaN',
    next: 'lower lr',
    stack: error.stack,
  });
});

test('a code of another version becomes UNEXPECTED, with its message', () => {
  const told = JSON.parse('{ "code": "FROM_THE_FUTURE", "message": "loss is NaN", "next": "lower lr" }');
  expect(fromPlainError(told)).toMatchObject({ code: 'UNEXPECTED', message: 'loss is NaN', next: 'lower lr' });
});

test('a near name is suggested, a far one is not', () => {
  expect(nearest('retrainSeed', ['subsets', 'retrainSeeds'])).toBe('retrainSeeds');
  expect(nearest('projdim', ['projDim'])).toBe('projDim');
  expect(nearest('tark', ['trak', 'tracin'])).toBe('trak');
  expect(nearest('zzz', ['trak', 'tracin'])).toBeUndefined();
});
