import { existsSync } from 'node:fs';
import { type Code, type CodeReader, codeReader, type Used } from './code-walk.js';
import { findPackage, type InstalledPackage } from './installed-package.js';

const scope = '@attribution-bench/';
/** Code of this project does not change while a process runs. */
const builtCode: CodeReader = codeReader();
const known = new Map<string, Code>();

/**
 * What a module means: its file and all that it imports or names beside it by a literal path, without comments, layout and
 * types; JSON and other side files included; the same for packages of this project and linked ones; of other packages, name
 * and version. Where things lie does not count. What a module reads by a path that it makes up as it runs cannot be known.
 * @param self the package that the module is the entry of, if it is
 */
export function readCode(entry: string, self?: Pick<InstalledPackage, 'name' | 'folder'>): Code {
  const reader = self?.name.startsWith(scope) === true ? builtCode : codeReader();
  return reader.read({ entry, ...(self && { self }) });
}

/**
 * {@link readCode} of what is taken from a package of this project.
 * @param part of its exports, `.` or `./part`
 * @param names that are taken; absent: all
 * @param used of the choices that it has, see `choices`
 */
export function readPackage(
  name: `@attribution-bench/${string}`,
  {
    part = '.',
    names,
    used,
  }: { readonly part?: string; readonly names?: readonly string[]; readonly used?: Used } = {},
): Code {
  const id = JSON.stringify([name, part, names, used]);
  const before = known.get(id);
  if (before !== undefined) return before;
  const found = findPackage(name, [import.meta.dirname], part);
  if (found === undefined || !existsSync(found.entry)) throw new Error(`${name} is not built: run npm run build`);
  const code = builtCode.read({ entry: found.entry, self: found, ...(names && { names }), ...(used && { used }) });
  known.set(id, code);
  return code;
}
