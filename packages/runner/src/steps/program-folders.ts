import { dirname, join } from 'node:path';

/** Where files for programs are kept. */
export interface ProgramFolders {
  /** Tasks as folders, see {@link sharedTaskFolder}. */
  readonly exports: string;
  /** What programs work in, and what they printed, by the key of their scores. */
  readonly programs: string;
}

/** @param storeLocation files are kept beside the store, or on this machine where results are kept elsewhere */
export function programFolders(
  storeLocation: string,
  { cacheFolder }: { readonly cacheFolder: string },
): ProgramFolders {
  const parent = /^[a-z0-9+.-]+:\/\//.test(storeLocation) ? cacheFolder : dirname(storeLocation);
  return { exports: join(parent, 'exports'), programs: join(parent, 'programs') };
}
