import type { Backend } from './backend.js';
import { openFileSystem } from './file-system/file-system.js';
import { openS3 } from './s3/s3.js';
import { isUrl } from './s3/s3-url.js';

/** Opens, without creating anything, the medium at a location: a folder, or `s3://bucket/prefix`. @throws BenchError STORE_URL */
export function openBackend(location: string): Backend {
  return isUrl(location) ? openS3(location) : openFileSystem(location);
}
