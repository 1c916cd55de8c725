import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { hashJson, sha256 } from '@attribution-bench/contract';
import { findPackage, type InstalledPackage } from './installed-package.js';

const scope = '@attribution-bench/';
const importPattern = /\b(?:from|import)\s*\(?\s*(['"])([^'"\n]+)\1/g;

/**
 * SHA-256 over the built code that a module consists of: its file, what it imports by relative path, and the same for
 * every package of this project that it imports; of other packages, name and version. Where things lie does not count.
 */
export function hashCode(entry: string, self?: Pick<InstalledPackage, 'name' | 'folder'>): string {
  const parts = new Map<string, string>();
  const seen = new Set<string>();
  const visit = (file: string, within: string, folder: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    parts.set(`${within}/${relative(folder, file).split(sep).join('/')}`, sha256(text));
    for (const [, , name] of text.matchAll(importPattern)) {
      if (name.startsWith('.')) {
        const target = resolve(dirname(file), name);
        if (existsSync(target) && statSync(target).isFile()) visit(target, within, folder);
      } else if (!name.startsWith('node:') && /^(@[\w.-]+\/)?[\w.-]+/.test(name)) {
        const bare = name
          .split('/')
          .slice(0, name.startsWith('@') ? 2 : 1)
          .join('/');
        const found = findPackage(bare, [dirname(file)]);
        if (found === undefined) continue;
        if (!bare.startsWith(scope)) parts.set(bare, found.version);
        else if (existsSync(found.entry)) visit(found.entry, bare, found.folder);
      }
    }
  };
  visit(entry, self?.name ?? '.', self?.folder ?? dirname(entry));
  return hashJson([...parts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const packageHashes = new Map<string, string>();

/** {@link hashCode} of a package of this project; read once a process. */
export function hashPackage(name: `${typeof scope}${string}`): string {
  const known = packageHashes.get(name);
  if (known !== undefined) return known;
  const found = findPackage(name, [import.meta.dirname]);
  if (found === undefined || !existsSync(found.entry)) throw new Error(`${name} is not built: run npm run build`);
  const hash = hashCode(found.entry, found);
  packageHashes.set(name, hash);
  return hash;
}
