import type { Backend } from '../backend/backend.js';
import type { ArtifactRef } from '../store/artifact-ref.js';
import { nameOf } from '../store/names.js';

/** Whether a claim on an artifact lies there: somebody is at it, died at it, or has failed at it. */
export async function isClaimed({ backend }: { readonly backend: Backend }, ref: ArtifactRef): Promise<boolean> {
  return (await backend.find(nameOf(ref, 'claim'))) !== undefined;
}
