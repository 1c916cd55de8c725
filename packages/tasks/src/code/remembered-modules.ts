import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { threadId } from 'node:worker_threads';
import { isObject, sha256 } from '@attribution-bench/contract';
import { version as acornVersion } from 'acorn';
import { defaultCacheFolder } from '../cache-folder.js';
import { findPackage } from './installed-package.js';
import type { ModuleCode } from './read-module.js';

/** What modules mean, by how a file name ends and the hash of its text; null for what does not parse. */
export interface RememberedModules {
  of(id: string, read: () => ModuleCode | undefined): ModuleCode | undefined;
}

/** A module as JSON has it. */
type Kept = (Omit<ModuleCode, 'exported'> & { readonly exported?: readonly string[] }) | null;

/** What decides, in this package, what a module means. */
const readers = ['parse-module', 'read-module', 'syntax-text', 'typescript-module'];

/**
 * Remembers between processes what modules mean, in the cache folder of the user, since parsing them takes longer than all else
 * that a process does which finds everything done. The file is read when the first module is asked for, and written as the
 * process ends, if it met any that was not in it.
 */
export function rememberModules(): RememberedModules {
  let opened: RememberedModules & { save(): void };
  return {
    of(id, read) {
      if (opened === undefined) {
        opened = openRememberedModules(join(defaultCacheFolder(), 'code.json'));
        process.once('exit', () => opened.save());
      }
      return opened.of(id, read);
    },
  };
}

/**
 * What was read of modules, in a file. A module is known by its whole text, and forgotten once the code that reads modules is
 * another one. A damaged file counts as none; nothing is lost where it cannot be written.
 * @param most modules that are kept
 */
export function openRememberedModules(file: string, most = 4000): RememberedModules & { save(): void } {
  const known = readKept(file);
  const used = new Map<string, Kept>();
  let added = false;
  return {
    of(id, read) {
      const before = known.get(id);
      if (before !== undefined) {
        used.set(id, before);
        return moduleOf(before);
      }
      const module = read();
      used.set(id, keptOf(module));
      added = true;
      return module;
    },
    save() {
      if (!added) return;
      // Others may have written it since. Those that were used here come last, so that the longest unused go.
      const others = [...readKept(file)].filter(([id]) => !used.has(id));
      writeKept(file, new Map([...others, ...used].slice(-most)));
    },
  };
}

function keptOf(module: ModuleCode | undefined): Kept {
  if (module === undefined) return null;
  const { exported, ...rest } = module;
  return { ...rest, ...(exported && { exported: [...exported] }) };
}

function moduleOf(kept: Kept): ModuleCode | undefined {
  if (kept === null) return undefined;
  const { exported, ...rest } = kept;
  return { ...rest, ...(exported && { exported: new Set(exported) }) };
}

/** A line with a checksum of all that follows, and what follows. */
function readKept(file: string): Map<string, Kept> {
  try {
    const [checksum, text = ''] = readFileSync(file, 'utf8').split('\n', 2);
    if (checksum !== sha256(text)) return new Map();
    const content: unknown = JSON.parse(text);
    if (!isObject(content) || content.reader !== readerId()) return new Map();
    return new Map(Object.entries(content.modules as Record<string, Kept>));
  } catch {
    return new Map();
  }
}

function writeKept(file: string, modules: ReadonlyMap<string, Kept>): void {
  const text = JSON.stringify({ reader: readerId(), modules: Object.fromEntries(modules) });
  const temporary = `${file}.tmp-${process.pid}-${threadId}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(temporary, `${sha256(text)}\n${text}`);
    renameSync(temporary, file);
  } catch {
    if (existsSync(temporary)) rmSync(temporary);
  }
}

let reader: string | undefined;

/** Another one as soon as anything may read a module in another way. */
function readerId(): string {
  reader ??= sha256(JSON.stringify([acornVersion, typescriptVersion(), ...readers.map(textOf)]));
  return reader;
}

function typescriptVersion(): string | undefined {
  return findPackage('typescript', [import.meta.dirname])?.version;
}

function textOf(name: string): string {
  return readFileSync(join(import.meta.dirname, `${name}${extname(fileURLToPath(import.meta.url))}`), 'utf8');
}
