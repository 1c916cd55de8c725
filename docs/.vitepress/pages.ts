import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository, which every path here is relative to. */
export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Markdown files that are pages by another name than their own. */
const renamed: readonly (readonly [from: RegExp, to: string])[] = [
  [/^README\.md$/, 'overview.md'],
  [/^CONTRIBUTING\.md$/, 'contributing.md'],
  [/^CHANGELOG\.md$/, 'changelog.md'],
  [/^docs\/(.+\.md)$/, '$1'],
  [/^packages\/method-([^/]+)\/README\.md$/, 'methods/$1.md'],
  [/^packages\/([^/]+)\/README\.md$/, 'packages/$1.md'],
  [/^packages\/([^/]+)\/bridges\/README\.md$/, 'packages/$1-bridges.md'],
  [/^results\/boards\/([^/]+)\/board\.md$/, 'boards/$1.md'],
];

/** Markdown files that are no pages: notes of tests, examples and recorded data, results of runs, copies in the API reference. */
export const excluded: readonly string[] = [
  '**/test/**',
  '**/fixtures/**',
  'packages/*/data/**',
  'packages/*/templates/**',
  'examples/**',
  'tools/**',
  'docs/api/**',
  'results/!(boards)/**',
  'results/boards/*/check.md',
  'results/boards/{ci,*-quick}/**',
  'coverage/**',
];

/**
 * Where a Markdown file is on the site.
 * @param file its path in the repository
 * @returns the page's path, which ends with `.md`; undefined where the file is no page
 */
export function pageOf(file: string): string | undefined {
  const rule = renamed.find(([from]) => from.test(file));
  return rule === undefined ? undefined : file.replace(rule[0], rule[1]);
}

/** A page for the sidebar. */
export interface PageEntry {
  readonly text: string;
  readonly link: string;
}

/** Pages of the READMEs of all packages whose folders have a prefix, named by their first headings. */
export function readmePages(folders: (name: string) => boolean): PageEntry[] {
  return readdirSync(join(repository, 'packages'))
    .filter(folders)
    .map((name) => `packages/${name}/README.md`)
    .filter((file) => existsSync(join(repository, file)))
    .map((file) => ({ text: headingOf(file), link: `/${pageOf(file)}` }))
    .sort((a, b) => a.text.localeCompare(b.text, 'en'));
}

function headingOf(file: string): string {
  const heading = /^# (.+)$/m.exec(readFileSync(join(repository, file), 'utf8'));
  if (heading === null) throw new Error(`${file} has no heading`);
  return heading[1];
}
