import { dirname, join } from 'node:path';
import { isUrl } from '@attribution-bench/store/s3-url';

/** Where files for programs are kept. */
export interface ProgramFolders {
  /** Tasks as folders, see {@link sharedTaskFolder}. */
  readonly exports: string;
  /** What programs work in, and what they printed, by the key of their scores. */
  readonly programs: string;
}

/** @param storeLocation files are kept beside the store, or among the downloads of this machine where it is a URL */
export function programFolders(
  storeLocation: string,
  { cacheFolder }: { readonly cacheFolder: string },
): ProgramFolders {
  const parent = isUrl(storeLocation) ? join(cacheFolder, ...storeLocation.split(/:?\/+/)) : dirname(storeLocation);
  return { exports: join(parent, 'exports'), programs: join(parent, 'programs') };
}
