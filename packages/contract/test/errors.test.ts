import { expect, test } from 'vitest';
import { BenchError, didYouMean, fromPlainError, toPlainError } from '../src/index.js';

test('an error reads as one line: place, cause, next step', () => {
  const error = new BenchError({
    code: 'CONFIG_UNKNOWN_KEY',
    place: 'configs/x.yaml:14:5',
    message: 'unknown key "retrainSeed"',
    next: 'did you mean "retrainSeeds"?',
  });
  expect(error.line).toBe('configs/x.yaml:14:5 unknown key "retrainSeed", did you mean "retrainSeeds"?');
  expect(error.exit).toBe(2);
});

test('an error survives the way through a worker thread', () => {
  const error = new BenchError({ code: 'DIVERGED', message: 'loss is NaN', next: 'lower lr', exit: 1 });
  const back = fromPlainError(structuredClone(toPlainError(error)));
  expect(back).toMatchObject({
    code: 'DIVERGED',
    message: 'loss is NaN',
    next: 'lower lr',
    exit: 1,
    stack: error.stack,
  });
});

test('a near name is suggested, a far one is not', () => {
  expect(didYouMean('retrainSeed', ['subsets', 'retrainSeeds'])).toBe('retrainSeeds');
  expect(didYouMean('projdim', ['projDim'])).toBe('projDim');
  expect(didYouMean('tark', ['trak', 'tracin'])).toBe('trak');
  expect(didYouMean('zzz', ['trak', 'tracin'])).toBeUndefined();
});
