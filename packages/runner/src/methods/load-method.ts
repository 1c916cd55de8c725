import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BenchError, didYouMean, type Method } from '@attribution-bench/contract';
import { findPackage, hashCode, packagesOf, searchFolders } from '@attribution-bench/tasks';
import type { LoadedMethod } from '../model/grid.js';
import { importMethod } from '../steps/import-method.js';
import { declarationOf } from './declaration.js';
import { askUserMethod, type UserMethod } from './user-method.js';

const scope = '@attribution-bench';
const prefix = 'method-';

/**
 * Loads what `use:` of a grid names: a method of this project by id, any installed package by name, or a JavaScript
 * module by a path that starts with `.` or `/`.
 * @param folder that relative paths start from, and whose `node_modules` are searched first
 * @throws BenchError METHOD_UNKNOWN, METHOD_NOT_BUILT, METHOD_INVALID, METHOD_BROKEN (its module throws), or USER_CODE_* where a
 * user's module ends its process or does not come to its end
 */
export async function loadMethod(use: string, folder: string): Promise<LoadedMethod> {
  const { entry, self } = locate(use, folder);
  if (statSync(entry, { throwIfNoEntry: false })?.isFile() !== true)
    throw new BenchError({
      code: 'METHOD_NOT_BUILT',
      message: `method "${use}" has no file ${entry}`,
      next: self === undefined ? 'check the path' : 'build it: npm run build',
    });
  const url = pathToFileURL(entry).href;
  const isolated = !isOfThisProject(self);
  const asked = isolated ? await askUserMethod(url, use) : answersOf(await importMethod(url, use));
  return { ...asked, url, code: hashCode(entry, self), isolated };
}

/** The code of this project is trusted to stop when it is told to, and runs in threads. */
function isOfThisProject(self: { readonly name: string } | undefined): boolean {
  return self?.name.startsWith(`${scope}/`) === true;
}

function answersOf(method: Method): UserMethod {
  return {
    method: declarationOf(method),
    uses: async (params) => method.uses(params),
    supports: async (task, params) => method.supports(task, params),
    adapted: async (task, params) => method.adapted?.(task, params),
  };
}

/** Ids of the methods of this project that are installed. */
export function installedMethods(folder: string): string[] {
  return packagesOf(scope, prefix, searchFolders(folder)).map((name) => name.slice(prefix.length));
}

function locate(use: string, folder: string): { entry: string; self?: { name: string; folder: string } } {
  if (use.startsWith('.') || isAbsolute(use)) return { entry: resolve(folder, use) };
  const folders = searchFolders(folder);
  const usable = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(use);
  const candidates = !usable ? [] : use.startsWith('@') ? [use] : [`${scope}/${prefix}${use}`, use];
  for (const name of candidates) {
    const found = findPackage(name, folders);
    if (found !== undefined) return { entry: found.entry, self: found };
  }
  const known = installedMethods(folder);
  const meant = didYouMean(use, known);
  throw new BenchError({
    code: 'METHOD_UNKNOWN',
    message: `there is no method "${use}"`,
    next:
      meant === undefined
        ? `installed: ${known.join(', ') || 'none'}; others need their package installed or a path`
        : `did you mean "${meant}"?`,
  });
}
