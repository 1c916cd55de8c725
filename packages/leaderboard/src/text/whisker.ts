import type { Interval } from '../board.js';

/** The values that a row of character cells spans. */
export interface Axis {
  readonly from: number;
  readonly to: number;
}

/** An axis that holds 0 and every given interval, with ends at multiples of 0.05. */
export function axisOf(intervals: readonly Interval[]): Axis {
  const from = Math.min(0, ...intervals.map(({ low }) => low));
  const to = Math.max(0, ...intervals.map(({ high }) => high));
  const [first, last] = [Math.floor(from * 20), Math.ceil(to * 20)];
  return { from: first / 20 || 0, to: Math.max(last, first + 1) / 20 || 0 };
}

/** A dot with whiskers in `width` cells, `├──●──┤`, over thin lines at 0 and at the reference. */
export function whisker(
  { value, low, high }: Interval & { readonly value: number },
  axis: Axis,
  width: number,
  reference?: number,
): string {
  const cellOf = (at: number) =>
    Math.max(0, Math.min(width - 1, Math.floor(((at - axis.from) / (axis.to - axis.from)) * width)));
  const cells = new Array<string>(width).fill(' ');
  cells[cellOf(0)] = '┊';
  if (reference !== undefined) cells[cellOf(reference)] = '┊';
  const [left, right, dot] = [cellOf(low), cellOf(high), cellOf(value)];
  cells.fill('─', left, right + 1);
  cells[left] = '├';
  cells[right] = '┤';
  cells[dot] = '●';
  return cells.join('');
}

/** Ends of the axis, at the ends of `width` cells. */
export function axisLabel({ from, to }: Axis, width: number): string {
  const [first, last] = [from.toFixed(2), to.toFixed(2)];
  return first + ' '.repeat(Math.max(1, width - first.length - last.length)) + last;
}
