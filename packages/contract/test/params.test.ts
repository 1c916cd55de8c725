import { expect, test } from 'vitest';
import { bool, checkParams, choice, int, list, num } from '../src/index.js';

const specs = {
  projDim: int({ default: 512, min: 1, help: 'projection width' }),
  ridge: num({ default: 0.01, min: 0, help: 'relative ridge' }),
  kind: choice(['rademacher', 'gaussian'], { default: 'rademacher', help: 'projection kind' }),
  hidden: list(int({ min: 1, help: 'units' }), { default: [32], help: 'hidden layers' }),
  exact: bool({ default: false, help: 'no projection' }),
  steps: int({ help: 'steps' }),
};

test('defaults fill what is not given', () => {
  expect(checkParams(specs, { steps: 3, projDim: 64 })).toEqual({
    ok: true,
    params: { projDim: 64, ridge: 0.01, kind: 'rademacher', hidden: [32], exact: false, steps: 3 },
  });
});

test('every problem is reported, each with its path and a next step', () => {
  const check = checkParams(specs, { projdim: 4, ridge: -1, kind: 'gausian', hidden: [8, 'x'], exact: 'no' });
  expect(check).toEqual({
    ok: false,
    problems: [
      { path: ['projdim'], unknownKey: true, message: 'unknown key "projdim"', next: 'did you mean "projDim"?' },
      { path: ['ridge'], message: 'expected a number of at least 0, found -1' },
      {
        path: ['kind'],
        message: 'expected one of rademacher, gaussian, found "gausian"',
        next: 'did you mean "gaussian"?',
      },
      { path: ['hidden', 1], message: 'expected a whole number, found "x"' },
      { path: ['exact'], message: 'expected true or false, found "no"' },
      { path: [], message: '"steps" is required: steps' },
    ],
  });
});

test('members of the prototype are unknown keys like any other', () => {
  expect(checkParams({}, { constructor: 1 })).toMatchObject({ ok: false, problems: [{ unknownKey: true }] });
});
