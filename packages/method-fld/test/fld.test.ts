import { checkParams, type TaskInfo } from '@attribution-bench/contract';
import { describeMethod, paramsOf } from '@attribution-bench/testkit';
import { expect, it } from 'vitest';
import fld from '../src/fld.js';

describeMethod(fld);
describeMethod(fld, { params: { space: 'penultimate', components: 8 } });

const classifier: TaskInfo = {
  id: 'digits',
  kind: 'classifier',
  target: 'margin',
  train: 10,
  queries: 2,
  parameters: 5,
  layers: [],
  inputShape: [64],
  classes: 10,
  diffusionSteps: 0,
  optimizer: 'sgd',
  epochs: 1,
  batch: 10,
};

it('is skipped on a classifier, which generates nothing', () => {
  expect(fld.supports(classifier, paramsOf(fld))).toBe('needs a generator');
  expect(fld.supports({ ...classifier, kind: 'generator' }, paramsOf(fld))).toBe(true);
});

it('has models trained for the penultimate layer only', () => {
  expect(fld.uses(paramsOf(fld)).checkpoints).toBe(0);
  expect(fld.uses(paramsOf(fld, { space: 'penultimate' })).checkpoints).toBe(1);
});

it('refuses a space it does not know', () => {
  expect(checkParams(fld.params, { space: 'penultimat' })).toMatchObject({
    ok: false,
    problems: [{ next: 'did you mean "penultimate"?' }],
  });
});
