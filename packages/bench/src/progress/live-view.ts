import { displayWidth, padEnd, padStart, singleLine, truncate } from '@attribution-bench/leaderboard/display-text';
import { type Phase, phases } from './phases.js';
import type { RunState, Tally } from './run-state.js';
import { atWork, etaWords, meansWords, rateWords } from './words.js';

/** A line of the view; `dim` says what is over or a heading, `alert` what went wrong. */
export interface ViewLine {
  readonly text: string;
  readonly style?: 'bold' | 'dim' | 'alert';
}

export interface ViewSize {
  readonly columns: number;
  readonly rows: number;
}

const gap = '  ';
const narrowestName = 8;
const barWidth = 20;
/** From this width on there is a bar. */
const widthForBar = 90;

/**
 * What a terminal shows of a run: totals, tasks by phase, what workers are at, the last failures. Every line is narrower than
 * the terminal, and there are fewer of them than it has rows: a table that does not fit is cut, one that is too wide left out.
 */
export function viewLines(state: RunState, { columns, rows }: ViewSize): ViewLine[] {
  const width = Math.max(1, columns - 1);
  const { count, last } = state.failures;
  const failures = last.map(
    (failure, i): ViewLine => ({
      text: `${i === 0 ? failedWords(count, last) : '       '}${failure}`,
      style: 'alert',
    }),
  );
  const below: ViewLine[] = [{ text: `at     ${singleLine(atWork(state))}` }, ...failures];
  const table = tableLines(state, width, rows - 2 - below.length);
  return [{ text: totals(state, columns), style: 'bold' } satisfies ViewLine, ...table, ...below]
    .slice(0, Math.max(1, rows - 1))
    .map(({ text, style }) => ({ text: truncate(text, width), ...(style && { style }) }));
}

function failedWords(count: number, last: readonly string[]): string {
  return count > last.length ? `failed ${count}, the last: ` : 'failed ';
}

function totals(state: RunState, columns: number): string {
  const { grid, steps } = state;
  const bar = columns < widthForBar ? '' : bars(steps);
  const done = `${steps.ended} of ${steps.total} steps`;
  return [singleLine(grid), bar, done, etaWords(state), rateWords(state), meansWords(state)]
    .filter((part) => part !== '')
    .join(gap);
}

function bars({ ended, total }: Tally): string {
  const full = total === 0 ? barWidth : Math.floor((barWidth * ended) / total);
  return '█'.repeat(full) + '░'.repeat(barWidth - full);
}

/** Tasks by phase in at most so many lines, those under way first where not all fit. */
function tableLines({ tasks }: RunState, width: number, height: number): ViewLine[] {
  const shown = phases.filter((phase) => [...tasks.values()].some((own) => own[phase].total > 0));
  const cells = (own: Readonly<Record<Phase, Tally>>) =>
    shown.map((phase) => (own[phase].total === 0 ? '' : `${own[phase].ended}/${own[phase].total}`));
  const widths = shown.map((phase) =>
    Math.max(phase.length, ...[...tasks.values()].map((own) => 2 * String(own[phase].total).length + 1)),
  );
  const room = width - widths.reduce((sum, each) => sum + each + gap.length, 0);
  if (height < 2 || room < narrowestName) return [];
  const name = Math.min(room, Math.max(...[...tasks.keys()].map((task) => displayWidth(singleLine(task)))));
  const line = (task: string, texts: readonly string[]): string =>
    [padEnd(truncate(singleLine(task), name), name), ...texts.map((text, i) => padStart(text, widths[i]))].join(gap);
  const fitting = tasks.size < height ? [...tasks] : urgent([...tasks], height - 2);
  const hidden = tasks.size - fitting.length;
  return [
    { text: line('', shown), style: 'dim' },
    ...fitting.map(([task, own]): ViewLine => ({ text: line(task, cells(own)), ...(isOver(own) && { style: 'dim' }) })),
    ...(hidden === 0 ? [] : [{ text: `and ${hidden} more tasks`, style: 'dim' } as const]),
  ];
}

type TaskTallies = readonly [string, Readonly<Record<Phase, Tally>>];

/** So many tasks in their order: those under way, then those not begun, then those that are over. */
function urgent(tasks: readonly TaskTallies[], room: number): TaskTallies[] {
  const rank = ([, own]: TaskTallies): number => (isOver(own) ? 2 : isBegun(own) ? 0 : 1);
  const kept = new Set(tasks.toSorted((a, b) => rank(a) - rank(b)).slice(0, Math.max(0, room)));
  return tasks.filter((task) => kept.has(task));
}

function isOver(own: Readonly<Record<Phase, Tally>>): boolean {
  return phases.every((phase) => own[phase].ended >= own[phase].total);
}

function isBegun(own: Readonly<Record<Phase, Tally>>): boolean {
  return phases.some((phase) => own[phase].ended > 0);
}
