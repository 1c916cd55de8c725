import { openArtifactBytes } from '../format/artifact.js';
import { isSoundNote } from '../format/note.js';
import { Malformed } from '../malformed.js';
import { checkIdentity } from '../store/artifact-identity.js';
import { parseName, parsePackName } from '../store/names.js';

/** What is wrong with a result, a pack of results or a note of a store, by its checksums; undefined where nothing is. */
export async function unsoundness(name: string, content: Uint8Array): Promise<string | undefined> {
  const result = parseName(name);
  if (result?.ending !== 'safetensors' && parsePackName(name) === undefined)
    return name.endsWith('.json') && !isSoundNote(Buffer.from(content).toString('utf8')) ? 'is damaged' : undefined;
  try {
    const opened = await openArtifactBytes(content);
    if (result !== undefined) checkIdentity(result, opened.metadata);
    await opened.check();
    return undefined;
  } catch (error) {
    if (error instanceof Malformed) return error.message;
    throw error;
  }
}
