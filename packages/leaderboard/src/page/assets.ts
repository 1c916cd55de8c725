import { readFileSync } from 'node:fs';

export type StyleSheet = 'page.css' | 'compare.css';

/** Style sheets and script of the pages, which stand as they are beside the sources. */
export function pageAsset(name: StyleSheet | 'page.js'): string {
  return readFileSync(new URL(`../../browser/${name}`, import.meta.url), 'utf8');
}
