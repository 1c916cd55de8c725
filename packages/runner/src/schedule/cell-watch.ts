import type { PlainError } from '@attribution-bench/contract';
import type { PlannedCell } from '../model/plan.js';
import type { StepStates } from './step-states.js';

/** A cell that has come to its end. */
export interface EndedCell {
  readonly cell: PlannedCell;
  readonly failure?: { readonly step: string; readonly error: PlainError };
}

/** Tells when cells end: all their results there, or one that will never be. Each is told once. */
export function watchCells(cells: readonly PlannedCell[], states: StepStates): { ended(step: string): EndedCell[] } {
  const open = new Map<string, PlannedCell[]>();
  const told = new Set<PlannedCell>();
  for (const cell of cells)
    if (cell.steps !== undefined && cell.status !== 'cached')
      for (const id of resultsOf(cell)) open.set(id, [...(open.get(id) ?? []), cell]);
  return {
    ended(id) {
      return (open.get(id) ?? []).flatMap((cell): EndedCell[] => {
        if (told.has(cell)) return [];
        const results = resultsOf(cell);
        const failure = results.map((result) => states.failureOf(result)).find((found) => found !== undefined);
        if (failure === undefined && !results.every((result) => states.of(result) === 'done')) return [];
        told.add(cell);
        return [{ cell, ...(failure === undefined ? {} : { failure }) }];
      });
    },
  };
}

function resultsOf({ steps }: PlannedCell): string[] {
  return steps === undefined ? [] : [steps.score, ...Object.values(steps.metrics)];
}
