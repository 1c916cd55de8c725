import type { Backend } from '../backend/backend.js';
import { getNote, putNote } from '../format/note.js';
import type { ArtifactRef } from './artifact-ref.js';
import { nameOf } from './names.js';

export interface ArtifactCost {
  readonly seconds: number;
  readonly peakRssBytes: number;
  /** Model of the processors that made it, where that was noted. */
  readonly processor?: string;
}

/** Notes beside an artifact what making it cost. @throws BenchError as {@link Backend.put} */
export function putCost(backend: Backend, ref: ArtifactRef, cost: ArtifactCost): Promise<void> {
  return putNote(backend, nameOf(ref, 'cost.json'), subjectOf(ref), { ...cost }, { lasting: false });
}

/** What making an artifact cost; undefined where that is not noted, or in a damaged note. @throws BenchError STORE_READ */
export async function getCost(backend: Backend, ref: ArtifactRef): Promise<ArtifactCost | undefined> {
  const cost: unknown = await getNote(backend, nameOf(ref, 'cost.json'), subjectOf(ref));
  return isCost(cost) ? cost : undefined;
}

function subjectOf({ kind, key }: ArtifactRef): string {
  return `cost of ${kind}/${key}`;
}

/** Whether a value read from a store says what something cost. */
export function isCost(value: unknown): value is ArtifactCost {
  if (typeof value !== 'object' || value === null) return false;
  const { seconds, peakRssBytes } = value as Partial<ArtifactCost>;
  return Number.isFinite(seconds) && Number.isFinite(peakRssBytes);
}
