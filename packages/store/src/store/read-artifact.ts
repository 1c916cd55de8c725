import { BenchError } from '@attribution-bench/contract';
import { type Backend, Changed } from '../backend/backend.js';
import { readError } from '../backend/file-system/file-errors.js';
import { type OpenArtifact, openArtifact, openArtifactBytes } from '../format/artifact.js';
import { Malformed } from '../malformed.js';
import type { RowEntry } from '../packs/pack-file.js';
import type { Packs } from '../packs/packs.js';
import { checkIdentity } from './artifact-identity.js';
import type { ArtifactRef } from './artifact-ref.js';
import type { MoveAside } from './aside.js';
import { nameOf } from './names.js';

/** An artifact is rewritten only when a step is done again, so that even a second change during one read is unlikely. */
const triesAtMost = 5;

/**
 * What `read` takes from an artifact that is sound and what its name says, an object of its own or a row of a pack. When the
 * artifact is replaced or packed meanwhile, `read` is called again.
 * @throws BenchError STORE_MISSING, STORE_READ, or STORE_CORRUPT once the bad object is set aside
 */
export async function readArtifact<T>(
  { backend, packs, moveAside }: ReadingFrom,
  ref: ArtifactRef,
  read: (opened: OpenArtifact) => Promise<T>,
): Promise<T> {
  const name = nameOf(ref, 'safetensors');
  for (let tries = 1; ; tries++) {
    let row = packs.known(ref);
    try {
      let opened = row === undefined ? await openArtifact(backend, name) : await openRow(packs, row);
      if (row === undefined && opened === undefined) {
        row = await packs.find(ref);
        if (row === undefined) throw missing(backend.place(name));
        opened = await openRow(packs, row);
      }
      if (opened === undefined) throw new Changed(`${row?.pack} is gone`);
      checkIdentity(ref, opened.metadata);
      return await read(opened);
    } catch (error) {
      const place = backend.place(row?.pack ?? name);
      if (error instanceof Changed && tries < triesAtMost) continue;
      if (!(error instanceof Malformed)) throw readError(error, place);
      const { message } = error;
      const aside = row === undefined ? await moveAside(name, message) : await packs.discard(row, ref.key, message);
      throw new BenchError({
        code: 'STORE_CORRUPT',
        place,
        message: `${message}; ${aside}`,
        next: 'run the grid again: it recomputes the result',
        cause: error,
      });
    }
  }
}

interface ReadingFrom {
  readonly backend: Backend;
  readonly packs: Packs;
  readonly moveAside: MoveAside;
}

async function openRow(packs: Packs, row: RowEntry): Promise<OpenArtifact | undefined> {
  const content = await packs.read(row);
  return content && openArtifactBytes(content);
}

function missing(place: string): BenchError {
  return new BenchError({
    code: 'STORE_MISSING',
    place,
    message: 'was not found',
    next: 'run the grid again: it computes what is missing',
  });
}
