import { readFileSync } from 'node:fs';

/** Style sheet and script of the pages, which stand as they are beside the sources. */
export function pageAsset(name: 'page.css' | 'page.js'): string {
  return readFileSync(new URL(`../../browser/${name}`, import.meta.url), 'utf8');
}
