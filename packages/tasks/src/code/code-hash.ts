import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';
import { hashJson, sha256 } from '@attribution-bench/contract';
import { findPackage, type InstalledPackage } from './installed-package.js';

const scope = '@attribution-bench/';
const code = /\.[cm]?[jt]sx?$/;
/** `import`, `export … from`, `import()`, `require()`, `require.resolve()` and `import.meta.resolve()` of a literal name. */
const imports = /\b(?:from|import|require|resolve)\s*\(?\s*(['"`])([^'"`\n]+)\1/g;
/** Files beside a module, as it names them: `new URL('…', import.meta.url)`, `join(import.meta.dirname, '…')`. */
const sideFiles = /(?:\bnew\s+URL\s*\(\s*|\b(?:__dirname|import\.meta\.dirname)\s*,\s*)(['"`])([^'"`\n]+)\1/g;
const endings = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '/index.js', '/index.ts'];

/**
 * SHA-256 over what a module consists of: its file, and all that it imports or names beside it by a literal path, JSON and
 * other side files included; the same for packages of this project and linked ones; of other packages, name and version.
 * Where things lie does not count. What a module reads by a path that it makes up as it runs cannot be known.
 * @param self the package that the module is the entry of, if it is
 */
export function hashCode(entry: string, self?: Pick<InstalledPackage, 'name' | 'folder'>): string {
  const parts = new Map<string, string>();
  const seen = new Set<string>();
  const visit = (file: string, within: string, folder: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const bytes = readFileSync(file);
    const name = file === entry ? 'entry' : relative(folder, file).split(sep).join('/');
    parts.set(`${within}/${name}`, sha256(bytes));
    if (!code.test(file)) return;
    const text = bytes.toString('utf8');
    for (const [, , path] of text.matchAll(sideFiles)) visitBeside(file, path, within, folder);
    for (const [, , specifier] of text.matchAll(imports)) {
      if (specifier.startsWith('.') || specifier.startsWith('/')) visitBeside(file, specifier, within, folder);
      else if (specifier.startsWith('#')) visitInternal(file, specifier, within, folder);
      else if (!specifier.startsWith('node:') && /^(@[\w.-]+\/)?[\w.-]+/.test(specifier)) visitPackage(file, specifier);
    }
  };
  const visitBeside = (file: string, path: string, within: string, folder: string): void => {
    const target = resolve(dirname(file), path);
    const typescript = target.replace(/\.([cm]?)js$/, '.$1ts');
    for (const candidate of new Set([target, typescript, ...endings.map((ending) => `${target}${ending}`)]))
      if (isFile(candidate)) visit(candidate, within, folder);
  };
  const visitInternal = (file: string, specifier: string, within: string, folder: string): void => {
    try {
      visit(createRequire(file).resolve(specifier), within, folder);
    } catch (error) {
      // A name that its package does not define: importing it fails too, and says so.
      if (!(error instanceof Error && 'code' in error)) throw error;
    }
  };
  const visitPackage = (file: string, specifier: string): void => {
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
    const found = findPackage(name, [dirname(file)], `.${specifier.slice(name.length)}`);
    if (found === undefined) return;
    const installed = found.folder.split(sep).includes('node_modules');
    if (installed && !name.startsWith(scope)) parts.set(name, found.version);
    else if (isFile(found.entry)) visit(found.entry, name, found.folder);
  };
  visit(entry, self?.name ?? '.', self?.folder ?? dirname(entry));
  return hashJson([...parts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const packageHashes = new Map<string, string>();

/** {@link hashCode} of a package of this project; read once per process. */
export function hashPackage(name: `${typeof scope}${string}`): string {
  const known = packageHashes.get(name);
  if (known !== undefined) return known;
  const found = findPackage(name, [import.meta.dirname]);
  if (found === undefined || !existsSync(found.entry)) throw new Error(`${name} is not built: run npm run build`);
  const hash = hashCode(found.entry, found);
  packageHashes.set(name, hash);
  return hash;
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
