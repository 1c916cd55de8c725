import { canonicalJson, hashJson, sha256 } from '@attribution-bench/contract';
import type { Artifact } from '../format/artifact.js';
import { Malformed } from '../malformed.js';
import type { ArtifactOutput, ArtifactRef } from './artifact-ref.js';

/** An artifact with what it was made from. @throws TypeError when the key is not that of what it is made from */
export function withOrigin({ kind, key, made }: ArtifactOutput, { arrays, metadata }: Artifact): Artifact {
  if (hashJson(made) !== key || made.step !== kind || metadata.made !== undefined)
    throw new TypeError(`what ${kind}/${key} is made from is not what its name is the hash of`);
  return { arrays, metadata: { ...metadata, made: canonicalJson(made) } };
}

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
