import envPaths from 'env-paths';

/** Where downloads of this user are kept when nothing else is said. */
export function defaultCacheFolder(): string {
  return envPaths('attribution-bench', { suffix: '' }).cache;
}
