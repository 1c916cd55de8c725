import type { BoardRow } from '../../board.js';
import type { RowView, TaskView } from '../../view/task-view.js';

/** An entry with its rows on the tasks of a kind, in their order; undefined where a task has none of it. */
export interface MatrixRow {
  readonly of: BoardRow;
  /** Parameters, where settings of one method are rows of their own. */
  readonly setting: string | undefined;
  readonly cells: readonly (RowView | undefined)[];
}

/** The ceiling, every entry with a rank on some task, and the controls. Methods stand by the first task, those without a value there by the next one. */
export function matrixRows(views: readonly TaskView[]): MatrixRow[] {
  const ceilings = views.map(({ ceiling }) => ceiling);
  const methods = entriesOf(views, ({ ranked }) => ranked);
  const controls = entriesOf(views, ({ controls }) => controls);
  const row = (entry: string): MatrixRow => {
    const cells = views.map(({ ranked, controls, unranked }) =>
      [...ranked, ...controls, ...unranked].find((view) => view.row.entry === entry),
    );
    const [of] = cells.flatMap((cell) => cell?.row ?? []);
    const setting = of.entry === of.method ? undefined : of.entry.slice(of.method.length).trim();
    return { of, setting, cells };
  };
  const [ceiling] = ceilings.flatMap((view) => view?.row ?? []);
  return [
    ...(ceiling === undefined ? [] : [{ of: ceiling, setting: undefined, cells: ceilings }]),
    ...methods.map(row),
    ...controls.map(row),
  ];
}

/** Entries without a value on any of the tasks, each with its different reasons. */
export function unentered(views: readonly TaskView[]): { title: string; reasons: string[] }[] {
  const shown = new Set([...entriesOf(views, ({ ranked }) => ranked), ...entriesOf(views, ({ controls }) => controls)]);
  const reasons = new Map<string, { title: string; reasons: string[] }>();
  for (const { row } of views.flatMap(({ unranked }) => unranked)) {
    if (shown.has(row.entry)) continue;
    const known = reasons.get(row.entry) ?? { title: row.title, reasons: [] };
    const reason = reasonOf(row);
    if (!known.reasons.includes(reason)) known.reasons.push(reason);
    reasons.set(row.entry, known);
  }
  return [...reasons.values()].sort((a, b) => (a.title < b.title ? -1 : 1));
}

/** `skipped: needs a generator` */
export function reasonOf({ status, reason }: BoardRow): string {
  return reason === undefined || reason === status ? status : `${status}: ${reason}`;
}

function entriesOf(views: readonly TaskView[], pick: (view: TaskView) => readonly RowView[]): string[] {
  return [...new Set(views.flatMap((view) => pick(view).map(({ row }) => row.entry)))];
}
