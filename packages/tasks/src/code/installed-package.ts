import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isObject } from '@attribution-bench/contract';

/** A package as found on disk. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  /** File of its main entry, or of the part that was asked for; it may not be built yet. */
  readonly entry: string;
}

/** Folders whose `node_modules`, and those above, are searched, nearest first. */
export function searchFolders(folder: string): readonly string[] {
  return [...new Set([folder, process.cwd(), dirname(fileURLToPath(import.meta.url))])];
}

/**
 * The package of a name as `import` would find it from one of the folders, or undefined.
 * @param part of its exports, `.` or `./part`
 */
export function findPackage(name: string, folders: readonly string[], part = '.'): InstalledPackage | undefined {
  for (const modules of folders.flatMap(moduleFolders)) {
    const folder = join(modules, name);
    const manifest = join(folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { version, exports, main } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>;
    const real = realpathSync(folder);
    const exported = isObject(exports) && Object.hasOwn(exports, part) ? exports[part] : undefined;
    const whole =
      part === '.' ? (entryOf(exported ?? exports) ?? (typeof main === 'string' ? main : 'index.js')) : part;
    const entry = entryOf(exported) ?? whole;
    return { name, version: String(version), folder: real, entry: join(real, entry) };
  }
  return undefined;
}

/** The package whose entry a file is, if it is one. */
export function installedAt(entry: string): InstalledPackage | undefined {
  for (let folder = dirname(entry); dirname(folder) !== folder; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown };
    const found = typeof name === 'string' ? findPackage(name, [folder]) : undefined;
    return found?.entry === entry ? found : undefined;
  }
  return undefined;
}

/** Names of the installed packages of a scope that start with `prefix`. */
export function packagesOf(scope: string, prefix: string, folders: readonly string[]): string[] {
  const found = folders
    .flatMap(moduleFolders)
    .map((modules) => join(modules, scope))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).filter((name) => name.startsWith(prefix)));
  return [...new Set(found)].sort();
}

function entryOf(exported: unknown): string | undefined {
  if (typeof exported === 'string') return exported;
  if (!isObject(exported)) return undefined;
  for (const condition of ['node', 'import', 'default']) {
    const entry = entryOf(exported[condition]);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function moduleFolders(folder: string): string[] {
  const above = dirname(folder);
  return [join(folder, 'node_modules'), ...(above === folder ? [] : moduleFolders(above))];
}
