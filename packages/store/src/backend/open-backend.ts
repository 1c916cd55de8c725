import type { Backend } from './backend.js';
import { openFileSystem } from './file-system/file-system.js';

/** Opens, without creating anything, the medium at a location: a folder. */
export function openBackend(location: string): Backend {
  return openFileSystem(location);
}
