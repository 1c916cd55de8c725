import type { PlannedCell } from '../model/plan.js';
import type { Failure, StepStates } from './step-states.js';

/** A cell that has come to its end. */
export interface EndedCell {
  readonly cell: PlannedCell;
  readonly failure?: Failure;
}

/**
 * Tells when cells end: all their results are stored, or one never will be. Each cell is told once, one that was stored before
 * only where a result of it turned out to be lost.
 */
export function watchCells(cells: readonly PlannedCell[], states: StepStates): { ended(step: string): EndedCell[] } {
  const open = new Map<string, PlannedCell[]>();
  const told = new Set<PlannedCell>();
  for (const cell of cells)
    if (cell.steps !== undefined)
      for (const id of resultsOf(cell)) {
        const others = open.get(id);
        if (others === undefined) open.set(id, [cell]);
        else others.push(cell);
      }
  return {
    ended(id) {
      return (open.get(id) ?? []).flatMap((cell): EndedCell[] => {
        if (told.has(cell)) return [];
        const results = resultsOf(cell);
        const failure = results.map((result) => states.failureOf(result)).find((found) => found !== undefined);
        if (failure === undefined && !results.every((result) => states.of(result) === 'done')) return [];
        told.add(cell);
        return [{ cell, ...(failure && { failure }) }];
      });
    },
  };
}

function resultsOf({ steps }: PlannedCell): string[] {
  return steps === undefined ? [] : [steps.score, ...Object.values(steps.metrics)];
}
