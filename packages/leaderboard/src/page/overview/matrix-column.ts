import type { Interval } from '../../board.js';
import type { Axis } from '../../text/whisker.js';
import { type Verdict, verdictOf } from '../../view/standing.js';
import type { TaskView } from '../../view/task-view.js';

/** The page that has a task's rows: that which the matrix is on, or where several boards are on it that of the task's board. */
export interface TaskPlace {
  /** Address, seen from the page with the matrix; empty for that page itself. */
  readonly page: string;
  /** Name of the board, where there are several. */
  readonly board?: string;
}

/** A column of the matrix: a task with who leads it and what its bars span. */
export interface MatrixColumn {
  readonly view: TaskView;
  readonly place: TaskPlace;
  readonly verdict: Verdict | undefined;
  readonly axis: Axis;
  /** Whether values are shown as shares of the noise ceiling, unless the reader wants the values themselves. */
  readonly shares: boolean;
}

/** No bar goes further beyond 0 and the ceiling than this share of it. */
const furthest = 0.2;

export function matrixColumn(view: TaskView, place: TaskPlace): MatrixColumn {
  const shares = view.ranked.some(({ value }) => value?.ofCeiling !== undefined);
  return { view, place, verdict: verdictOf(view), axis: axisOf(view, shares), shares };
}

/** From 0 to the ceiling, to 1, or to the last interval where values go beyond. */
function axisOf({ ranked, controls }: TaskView, shares: boolean): Axis {
  const values = [...ranked, ...controls].flatMap(({ value }) => value ?? []);
  const drawn: Interval[] = shares ? values.flatMap(({ ofCeiling }) => ofCeiling ?? []) : values;
  const low = Math.min(0, ...drawn.map((value) => value.low));
  const high = Math.max(0, ...drawn.map((value) => value.high));
  if (!shares && high > 1) return { from: low, to: high };
  return { from: Math.max(-furthest, low), to: Math.min(1 + furthest, Math.max(1, high)) };
}
