import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashJson, isObject } from '@attribution-bench/contract';
import { writeAtomically } from '@attribution-bench/store';
import { defaultCacheFolder, findPackage, packagesOf, searchFolders } from '@attribution-bench/tasks/installed';
import type { Entry } from './kinds.js';
import type { CodeKind } from './read-entries.js';

const scope = '@attribution-bench';

/**
 * What the installed code offers, remembered between calls in the cache folder of the user, since loading all of that code
 * takes two seconds. It is read again once a package of this project is installed, removed or built anew.
 */
export async function rememberedEntries(kind: CodeKind): Promise<readonly Entry[]> {
  const file = join(defaultCacheFolder(), 'catalogue.json');
  const code = installedCode();
  const remembered = await entriesIn(file, code);
  const known = remembered[kind];
  if (known !== undefined) return known;
  const { readEntries } = await import('./read-entries.js');
  const entries = plain(await readEntries(kind));
  // Nothing is lost where the folder cannot be written.
  await writeAtomically(file, JSON.stringify({ code, entries: { ...remembered, [kind]: entries } })).catch(() => {});
  return entries;
}

/** As they are read again, so that the first call shows what later ones do. */
function plain(entries: readonly Entry[]): readonly Entry[] {
  return JSON.parse(JSON.stringify(entries)) as readonly Entry[];
}

type Remembered = { readonly [kind in CodeKind]?: readonly Entry[] };

async function entriesIn(file: string, code: string): Promise<Remembered> {
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isObject(content) && content.code === code ? (content.entries as Remembered) : {};
  } catch {
    return {};
  }
}

/** Changes when a package of this project is installed, removed or built anew. */
function installedCode(): string {
  const folders = searchFolders(process.cwd());
  return hashJson(
    packagesOf(scope, '', folders).map((name) => {
      const { folder = '', version = '', entry = '' } = findPackage(`${scope}/${name}`, folders) ?? {};
      return [name, version, folder, changedAt(entry), changedAt(join(folder, 'dist/.tsbuildinfo'))];
    }),
  );
}

/** Milliseconds since 1970; 0 where there is no such file. Published packages have no build information. */
function changedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
