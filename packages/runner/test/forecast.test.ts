import { expect, test } from 'vitest';
import { likeness } from '../src/journal/likeness.js';
import type { PlannedStep } from '../src/model/step.js';
import { newForecast } from '../src/schedule/forecast.js';

const step = (method: string, number: number): PlannedStep => ({
  id: `${method}-${number}`,
  kind: 'fit',
  label: '',
  task: 't',
  method,
  needs: [],
  outputs: [{ kind: 'fit', key: '', made: { task: method } }],
  job: { kind: 'retrain' } as PlannedStep['job'],
  status: 'missing',
  needed: true,
  reported: false,
  place: '',
});
const notBegun = () => undefined;
const measured = (seconds: number) => ({ seconds, peakRssBytes: 0 });

test('steps cost what their like took here, else what they took in earlier runs at the pace of this one', () => {
  const [a, b, c] = [step('a', 0), step('b', 0), step('c', 0)];
  expect(new Set([a, b, c].map(likeness)).size).toBe(3);
  const forecast = newForecast(
    new Map([
      [likeness(a), measured(1)],
      [likeness(b), measured(10)],
    ]),
  );
  expect(forecast.seconds([a, b], 1, notBegun)).toBe(11);
  expect(forecast.seconds([a, b, c], 1, notBegun)).toBeUndefined();
  forecast.note(a, 3);
  expect(forecast.seconds([step('a', 1), b], 1, notBegun)).toBe(3 + 30);
  expect(forecast.seconds([c], 1, notBegun)).toBe(3);
});

test('a run takes as long as its longest step, less what that has been running', () => {
  const forecast = newForecast(new Map());
  forecast.note(step('a', 0), 2);
  forecast.note(step('b', 0), 40);
  const left = [step('a', 1), step('a', 2), step('b', 1)];
  expect(forecast.seconds(left, 4, notBegun)).toBe(40);
  expect(forecast.seconds(left, 1, ({ method }) => (method === 'b' ? 30 : undefined))).toBe(2 + 2 + 10);
  expect(forecast.seconds([step('b', 1)], 1, () => 60)).toBe(30);
});
