import { BenchError, sha256 } from '@attribution-bench/contract';
import { type Backend, Changed } from '../backend/backend.js';
import { readError } from '../backend/file-system/file-errors.js';
import { type Artifact, type OpenArtifact, openArtifact } from '../format/artifact.js';
import { Malformed } from '../malformed.js';
import type { ArtifactRef } from './artifact-ref.js';
import type { MoveAside } from './aside.js';
import { nameOf } from './names.js';

/** An artifact is rewritten only when a step is done again, so that even a second change during one read is unlikely. */
const triesAtMost = 5;

/**
 * What `read` takes from an artifact that is sound and what its name says. When the artifact is replaced meanwhile, `read` is
 * called again.
 * @throws BenchError STORE_MISSING, STORE_READ, or STORE_CORRUPT once the bad object is set aside
 */
export async function readArtifact<T>(
  backend: Backend,
  ref: ArtifactRef,
  moveAside: MoveAside,
  read: (opened: OpenArtifact) => Promise<T>,
): Promise<T> {
  const name = nameOf(ref, 'safetensors');
  const place = backend.place(name);
  for (let tries = 1; ; tries++) {
    try {
      const opened = await openArtifact(backend, name);
      if (opened === undefined) throw missing(place);
      checkIdentity(ref, opened.metadata);
      return await read(opened);
    } catch (error) {
      if (error instanceof Changed && tries < triesAtMost) continue;
      if (!(error instanceof Malformed)) throw readError(error, place);
      throw new BenchError({
        code: 'STORE_CORRUPT',
        place,
        message: `${error.message}; ${await moveAside(name, error.message)}`,
        next: 'run the grid again: it recomputes the result',
        cause: error,
      });
    }
  }
}

function missing(place: string): BenchError {
  return new BenchError({
    code: 'STORE_MISSING',
    place,
    message: 'was not found',
    next: 'run the grid again: it computes what is missing',
  });
}

/** @throws Malformed when an artifact was made as something else than its name says */
function checkIdentity({ kind, key }: ArtifactRef, { made }: Artifact['metadata']): void {
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
