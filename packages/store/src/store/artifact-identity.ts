import { sha256 } from '@attribution-bench/contract';
import type { Artifact } from '../format/artifact.js';
import { Malformed } from '../malformed.js';
import type { ArtifactRef } from './artifact-ref.js';

/** @throws Malformed when an artifact was made as something else than its name says */
export function checkIdentity({ kind, key }: ArtifactRef, { made }: Artifact['metadata']): void {
  if (made === undefined) throw new Malformed('does not say what it was made from');
  if (sha256(made) !== key || stepOf(made) !== kind)
    throw new Malformed('is another result than the one that its name stands for');
}

function stepOf(made: string): unknown {
  try {
    return JSON.parse(made)?.step;
  } catch {
    return undefined;
  }
}
