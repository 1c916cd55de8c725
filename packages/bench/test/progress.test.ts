import type { RunEvent } from '@attribution-bench/runner';
import { expect, test } from 'vitest';
import { plainReporter } from '../src/progress/plain.js';

function linesOf(events: readonly RunEvent[]): string[] {
  const lines: string[] = [];
  const reporter = plainReporter((line) => lines.push(line));
  for (const event of events) reporter.onEvent(event);
  reporter.close();
  return lines;
}

const started: RunEvent = {
  at: 0,
  type: 'run-started',
  run: 'r1',
  grid: 'digits',
  pid: 1,
  host: 'here',
  jobs: 2,
  steps: 12,
  cached: 3,
  cells: 4,
};

const finished = {
  type: 'step-finished',
  step: 's',
  kind: 'retrain',
  label: 'retrain digits-mlp subsets 0-15 seed 1',
  task: 'digits-mlp',
  status: 'done',
  seconds: 0.31,
  peakRssBytes: 2 ** 27,
} as const satisfies Partial<RunEvent>;

test('groups of trainings and cells get a line each, the steps of a cell none', () => {
  expect(
    linesOf([
      started,
      { ...finished, at: 400 },
      { ...finished, at: 500, kind: 'fit', label: 'fit', method: 'trak' },
      { at: 600, type: 'cell-finished', cell: 'digits-mlp/trak', status: 'ok', values: { lds: 0.4123 } },
    ]),
  ).toEqual([
    'digits: 12 steps to do, 3 stored already, 2 workers',
    '[ 1/12] retrain digits-mlp subsets 0-15 seed 1  0.3s',
    '[ 2/12] cell digits-mlp/trak  lds 0.412',
  ]);
});

test('failures say why', () => {
  const error = { code: 'TRAINING_DIVERGED', message: 'loss is NaN' } as const;
  expect(
    linesOf([
      started,
      { ...finished, at: 1, status: 'failed', error },
      { at: 2, type: 'cell-finished', cell: 'digits-mlp/trak', status: 'failed', reason: 'loss is NaN' },
    ]).slice(1),
  ).toEqual([
    '[ 1/12] FAILED retrain digits-mlp subsets 0-15 seed 1  0.3s  loss is NaN',
    '[ 1/12] cell digits-mlp/trak  failed: loss is NaN',
  ]);
});

test('a sign of life comes every ten seconds, with what is left, workers and memory', () => {
  const beat = (at: number): RunEvent => ({
    at,
    type: 'heartbeat',
    done: 0,
    elsewhere: 0,
    failed: 0,
    total: 12,
    running: ['retrain a', 'fit b'],
    awaited: 0,
    rssBytes: 1.5 * 2 ** 30,
    etaSeconds: 125,
  });
  const beats = Array.from({ length: 22 }, (_, second) => beat(1000 * (second + 1)));
  expect(linesOf([started, ...beats]).slice(1)).toEqual([
    '[ 0/12] eta 2m 05s  (2 workers, 1.5 GiB)  running: retrain a, fit b',
    '[ 0/12] eta 2m 05s  (2 workers, 1.5 GiB)  running: retrain a, fit b',
  ]);
});
