import { encodeArtifact } from '../format/artifact.js';
import { withOrigin } from '../store/artifact-identity.js';
import type { Store } from '../store/store.js';
import { type GatheredRow, maxRowBytes } from './gathered-row.js';

/**
 * A store that keeps small artifacts it is given in memory, for who writes them in one pack with others. Larger ones are stored.
 */
export function gatherRows(store: Store): { readonly store: Store; readonly rows: readonly GatheredRow[] } {
  const rows: GatheredRow[] = [];
  const gathering: Store = {
    ...store,
    async write(output, artifact) {
      const parts = encodeArtifact(withOrigin(output, artifact));
      const bytes = parts.reduce((sum, { length }) => sum + length, 0);
      if (bytes > maxRowBytes) return store.write(output, artifact);
      // A copy in memory of its own: bytes that go to another thread take all of the memory along that they lie in.
      rows.push({ key: output.key, artifact: new Uint8Array(Buffer.concat(parts, bytes)) });
    },
  };
  return { store: gathering, rows };
}
