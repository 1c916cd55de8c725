import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { canonicalJson, hashJson, sha256 } from '@attribution-bench/contract';
import { findPackage, type InstalledPackage } from './installed-package.js';
import { parseModule } from './parse-module.js';
import { type Link, type ModuleCode, readModule } from './read-module.js';
import { rememberModules } from './remembered-modules.js';

/** What a module and all that it rests on mean, as one hash and file by file. */
export interface Code {
  /** SHA-256 over the parts. */
  readonly hash: string;
  /** Hashes by module, such as `tasks/nn/layers/conv2d`; versions by package for those that are not of this project. */
  readonly parts: Readonly<Record<string, string>>;
}

/** Keys that a task uses of each kind of choice, see `choices`; all of a kind that is not named. */
export type Used = Readonly<Record<string, readonly string[]>>;

export interface CodeRequest {
  /** Absolute path of a module. */
  readonly entry: string;
  /** The package that the module is the entry of, if it is. */
  readonly self?: Pick<InstalledPackage, 'name' | 'folder'>;
  /** Names that are taken from it; absent: everything. */
  readonly names?: readonly string[];
  readonly used?: Used;
}

const scope = '@attribution-bench/';
const source = /\.[cm]?[jt]s$/;
const endings = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '/index.js', '/index.ts'];

/** A file, and the package that it is of. */
interface Place {
  readonly file: string;
  readonly within: string;
  readonly folder: string;
}

/** A package that is known by its version. */
interface Foreign {
  readonly name: string;
  readonly version: string;
}

interface ReadFile {
  /** Hash of the whole file. */
  readonly hash: string;
  /** Given for what is code and parses. */
  readonly module?: ModuleCode;
}

/** Reads code, each file once: what was read is taken to stay as it is. */
export interface CodeReader {
  /** What a module consists of: its file, and all that it imports or names beside it by a literal path. */
  read(request: CodeRequest): Code;
}

/** What modules mean, by their text: for readers of one process to share. */
const modules = new Map<string, ReadFile>();
const remembering = rememberModules();

export function codeReader(): CodeReader {
  const files = new Map<string, ReadFile>();
  const targets = new Map<string, readonly (Place | Foreign)[]>();
  const isFile = fileFinder();
  const packages = new Map<string, readonly (Place | Foreign)[]>();
  const packageAt = (folder: string, specifier: string): readonly (Place | Foreign)[] =>
    remembered(packages, `${folder}\n${specifier}`, () => packageOf(folder, specifier));
  const pure = new Map<string, boolean>();
  const fileAt = (file: string): ReadFile => remembered(files, file, () => readWhole(file));
  const targetsOf = (from: Place, link: Link): readonly (Place | Foreign)[] =>
    remembered(targets, `${from.file}\n${link.specifier}\n${link.beside === true}`, () =>
      resolveLink(from, link, { isFile, packageAt }),
    );
  const isPure = (folder: string): boolean => remembered(pure, folder, () => hasNoSideEffects(folder));

  /** Whether a module exports a name; true where that cannot be known. */
  const provides = (place: Place, name: string, asked = new Set<string>()): boolean => {
    if (asked.has(place.file)) return false;
    asked.add(place.file);
    const { module } = fileAt(place.file);
    if (module?.exported === undefined || module.exported.has(name)) return true;
    return module.passedWhole.some((specifier) => leadsTo(place, { specifier }, name, asked));
  };
  const leadsTo = (from: Place, link: Link, name: string, asked: Set<string>): boolean =>
    targetsOf(from, link).some((target) => 'version' in target || provides(target, name, asked));

  /** Modules of `export *` that a name can come from: all where none is known to have it. */
  const originsOf = (place: Place, { exported, passedWhole }: ModuleCode, name: string): readonly string[] => {
    if (exported?.has(name)) return [];
    const having = passedWhole.filter((specifier) => leadsTo(place, { specifier }, name, new Set([place.file])));
    return having.length > 0 ? having : passedWhole;
  };

  return {
    read({ entry, self, names, used = {} }) {
      const parts = new Map<string, string>();
      const pieces = new Map<string, Set<string>>();
      const done = new Map<string, Set<string>>();
      const follow = (from: Place, link: Link): void => {
        for (const target of targetsOf(from, link))
          if ('version' in target) parts.set(target.name, target.version);
          else visit(target, link.names);
      };
      const visit = (place: Place, wanted: readonly string[] | undefined): void => {
        const { hash, module } = fileAt(place.file);
        const first = !done.has(place.file);
        const asked = remembered(done, place.file, () => new Set());
        const counted = remembered(pieces, partName(place, entry), () => new Set([module?.own.hash ?? hash]));
        if (module === undefined) return;
        if (first) {
          for (const link of module.own.links) follow(place, link);
          for (const { of, key, hash: piece, links } of module.entries) {
            if (used[of]?.includes(key) === false) continue;
            counted.add(hashJson([of, key, piece]));
            for (const link of links) follow(place, link);
          }
        }
        const { passedOn, passedWhole } = module;
        const all = wanted === undefined || !isPure(place.folder);
        for (const name of all ? ['*'] : (wanted ?? [])) {
          if (asked.has(name)) continue;
          asked.add(name);
          for (const passed of passedOn) {
            if (!all && passed.name !== name) continue;
            counted.add(hashJson([passed.name, { ...passed.link }]));
            follow(place, passed.link);
          }
          for (const specifier of all ? passedWhole : originsOf(place, module, name)) {
            counted.add(hashJson(['*', specifier]));
            follow(place, { specifier, ...(!all && { names: [name] }) });
          }
        }
      };
      visit({ file: entry, within: self?.name ?? '.', folder: self?.folder ?? dirname(entry) }, names);
      for (const [name, counted] of pieces) parts.set(name, hashJson([...counted].sort()));
      const sorted = Object.fromEntries([...parts].sort(([a], [b]) => (a < b ? -1 : 1)));
      return { hash: hashJson(sorted), parts: sorted };
    },
  };
}

/** Where things lie does not count; neither does whether a module is read as TypeScript or as what is built from it. */
function partName({ file, within, folder }: Place, entry: string): string {
  if (file === entry) return `${shortName(within)}/entry`;
  const path = relative(folder, file).split(sep).join('/');
  return `${shortName(within)}/${path.replace(/^dist\//, '').replace(/\.[cm]?js$/, '')}`;
}

function shortName(name: string): string {
  return name.startsWith(scope) ? name.slice(scope.length) : name;
}

function readWhole(file: string): ReadFile {
  const bytes = readFileSync(file);
  if (file.endsWith('.json')) return { hash: hashOfJson(bytes) };
  if (!source.test(file)) return { hash: sha256(bytes) };
  const text = bytes.toString('utf8');
  const hash = sha256(text.replaceAll('\r\n', '\n'));
  const id = `${extname(file)} ${hash}`;
  return remembered(modules, id, () => {
    const module = remembering.of(id, () => {
      const program = parseModule(file, text);
      return program && readModule(program);
    });
    return { hash, ...(module && { module }) };
  });
}

function hashOfJson(bytes: Buffer): string {
  try {
    return sha256(canonicalJson(JSON.parse(bytes.toString('utf8'))));
  } catch {
    return sha256(bytes);
  }
}

/** What is on disk, each looked for once. */
interface Found {
  isFile(path: string): boolean;
  /** What a package is known by that is imported from a folder. */
  packageAt(folder: string, specifier: string): readonly (Place | Foreign)[];
}

function resolveLink(
  from: Place,
  { specifier, beside = false }: Link,
  { isFile, packageAt }: Found,
): readonly (Place | Foreign)[] {
  if (beside || specifier.startsWith('.') || specifier.startsWith('/'))
    return candidatesBeside(from.file, specifier).flatMap((file) => (isFile(file) ? [{ ...from, file }] : []));
  if (specifier.startsWith('#')) return internal(from, specifier);
  if (specifier.startsWith('node:') || !/^(@[\w.-]+\/)?[\w.-]+/.test(specifier)) return [];
  return packageAt(dirname(from.file), specifier);
}

/** Files that a path may mean. */
function candidatesBeside(from: string, specifier: string): readonly string[] {
  const target = resolve(dirname(from), specifier);
  const typescript = target.replace(/\.([cm]?)js$/, '.$1ts');
  return [...new Set([target, typescript, ...endings.map((ending) => `${target}${ending}`)])];
}

/** Whether there is such a file: by a list of its folder, read once, since most of the paths that are looked for lead nowhere. */
function fileFinder(): (path: string) => boolean {
  const folders = new Map<string, ReadonlyMap<string, Dirent>>();
  return (path) => {
    const entry = remembered(folders, dirname(path), () => entriesOf(dirname(path))).get(basename(path));
    return entry !== undefined && (entry.isFile() || (entry.isSymbolicLink() && isFile(path)));
  };
}

function entriesOf(folder: string): ReadonlyMap<string, Dirent> {
  try {
    return new Map(readdirSync(folder, { withFileTypes: true }).map((entry) => [entry.name, entry]));
  } catch {
    return new Map();
  }
}

function internal(from: Place, specifier: string): readonly Place[] {
  try {
    return [{ ...from, file: createRequire(from.file).resolve(specifier) }];
  } catch (error) {
    // A name that its package does not define: importing it fails too, and says so.
    if (!(error instanceof Error && 'code' in error)) throw error;
    return [];
  }
}

function packageOf(folder: string, specifier: string): readonly (Place | Foreign)[] {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const found = findPackage(name, [folder], `.${specifier.slice(name.length)}`);
  if (found === undefined) return [];
  const installed = found.folder.split(sep).includes('node_modules');
  if (installed && !name.startsWith(scope)) return [{ name, version: found.version }];
  return isFile(found.entry) ? [{ file: found.entry, within: name, folder: found.folder }] : [];
}

/** Whether a package says that importing its modules does nothing but define what they export, as bundlers ask. */
function hasNoSideEffects(folder: string): boolean {
  const manifest = join(folder, 'package.json');
  if (!isFile(manifest)) return false;
  const { sideEffects } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly sideEffects?: unknown };
  return sideEffects === false;
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function remembered<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
