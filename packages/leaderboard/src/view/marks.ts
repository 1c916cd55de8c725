import type { RowView } from './task-view.js';

/** Explains the origin of rows. */
export const externalWords = 'external: scores that another program computed';
/** Explains what marks costs that were not measured. */
export const declaredWords = 'as declared by whoever computed the scores, not measured here';
/** Marks such costs. */
export const declaredMark = '§';

/** What origins and marks in the table of a task mean, where there are such. */
export function marksSentence(rows: readonly RowView[]): string | undefined {
  const marks = [
    ...(rows.some(({ row }) => row.origin === 'external') ? [externalWords] : []),
    ...(rows.some(({ cost }) => cost?.declared) ? [`${declaredMark} ${declaredWords}`] : []),
  ];
  if (marks.length === 0) return undefined;
  const [first, ...rest] = marks.join('; ');
  return `${first.toUpperCase()}${rest.join('')}.`;
}
