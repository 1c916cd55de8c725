import { Writable } from 'node:stream';
import type { RunEvent } from '@attribution-bench/runner';
import { expect, test } from 'vitest';
import { liveReporter } from '../src/progress/live.js';
import { plainReporter } from '../src/progress/plain.js';
import { terminalScreen } from './terminal-screen.js';

const steps = [
  { kind: 'train', task: 'digits-mlp' },
  ...Array.from({ length: 8 }, () => ({ kind: 'retrain', task: 'digits-mlp' })),
  { kind: 'fit', task: 'digits-mlp', method: 'trak' },
  { kind: 'score', task: 'digits-mlp', method: 'trak' },
  { kind: 'metric', task: 'digits-mlp', method: 'trak' },
];

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

const beat = (at: number, more: object = {}): RunEvent => ({
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
  ...more,
});

const diverged = {
  ...finished,
  at: 1,
  status: 'failed',
  error: { code: 'TRAINING_DIVERGED', message: 'loss is NaN' },
} as const;
const failedCell: RunEvent = {
  at: 2,
  type: 'cell-finished',
  cell: 'digits-mlp/trak',
  status: 'failed',
  reason: 'line one\nand \u001b[2Jtwo',
};

function linesOf(events: readonly RunEvent[]): string[] {
  const lines: string[] = [];
  const reporter = plainReporter((line) => lines.push(line), steps);
  for (const event of events) reporter.onEvent(event);
  reporter.close();
  return lines;
}

test('a log has what there is to do, failures with their reasons, and a line every ten seconds', () => {
  const beats = Array.from({ length: 22 }, (_, second) => beat(1000 * (second + 1)));
  const done = Array.from({ length: 5 }, (): RunEvent => ({ ...finished, at: 10_500 }));
  const many = { running: ['a', 'b', 'c', 'd', 'e'] };
  expect(
    linesOf([
      started,
      diverged,
      { ...failedCell, reason: 'loss is NaN' },
      ...beats.slice(0, 10),
      ...done,
      ...beats.slice(10),
      beat(31_000, many),
    ]),
  ).toEqual([
    'digits: 12 steps to do, 3 stored already, 2 workers',
    '[ 1/12] failed: retrain digits-mlp subsets 0-15 seed 1: loss is NaN',
    '[ 1/12] failed: digits-mlp/trak: loss is NaN',
    '[ 1/12]  1 of 4 cells  6.0 steps/min  eta 2m 05s  (2 workers, 1.5 GiB)   retrain a, fit b',
    '[ 6/12]  1 of 4 cells  18.0 steps/min  eta 2m 05s  (2 workers, 1.5 GiB)   retrain a, fit b',
    '[ 6/12]  1 of 4 cells  11.6 steps/min  eta 2m 05s  (2 workers, 1.5 GiB)   a, b, c and 2 more',
  ]);
});

test.each([100, 80, 46, 20])(
  'on a terminal of %i columns the view is drawn over and leaves nothing behind',
  (columns) => {
    const screen = terminalScreen(columns);
    const stream = new Writable({
      decodeStrings: false,
      write(text: string, _, done) {
        screen.write(text);
        done();
      },
    });
    const terminal = Object.assign(stream, {
      columns,
      rows: 24,
      hasColors: () => false,
    }) as unknown as NodeJS.WriteStream;
    const resize = (next: number): void => {
      screen.resize(next);
      terminal.columns = next;
      terminal.emit('resize');
    };
    const reporter = liveReporter(terminal, steps);
    for (const event of [started, diverged, failedCell, beat(1000)]) reporter.onEvent(event);
    resize(Math.ceil(columns / 3));
    resize(columns);
    reporter.note('a note');
    reporter.onEvent(beat(2000));

    const lasting = ['digits: 12 steps to do, 3 stored already, 2 workers', 'a note'];
    const view = screen.lines.slice(2);
    expect(screen.lines.slice(0, 2)).toEqual(lasting);
    expect(Math.max(...view.map((line) => line.length))).toBeLessThan(columns);
    if (columns === 100)
      expect(view).toEqual([
        'digits  █░░░░░░░░░░░░░░░░░░░  1 of 12 steps  eta 2m 05s  30.0 steps/min  2 workers, 1.5 GiB',
        '            models  truth  methods  metrics',
        'digits-mlp     0/1    1/8      0/2      0/1',
        'at     retrain a, fit b',
        'failed retrain digits-mlp subsets 0-15 seed 1: loss is NaN',
        '       digits-mlp/trak: line one and  [2Jtwo',
      ]);
    else expect(view.length).toBe(columns > 40 ? 6 : 4);
    reporter.close();
    expect(screen.lines).toEqual(lasting);
  },
);
