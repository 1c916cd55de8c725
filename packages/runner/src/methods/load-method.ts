import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BenchError, didYouMean, fileNameProblem, type Method } from '@attribution-bench/contract';
import { findPackage, hashCode, packagesOf, searchFolders } from '@attribution-bench/tasks';
import type { LoadedMethod } from '../grid/grid.js';

const scope = '@attribution-bench';
const prefix = 'method-';

/**
 * Loads what `use:` of a grid names: a method of this project by id, any installed package by name, or a JavaScript
 * module by a path that starts with `.` or `/`.
 * @param folder that relative paths start from, and whose `node_modules` are searched first
 * @throws BenchError METHOD_UNKNOWN, METHOD_NOT_BUILT, METHOD_BROKEN (its module throws), METHOD_INVALID
 */
export async function loadMethod(use: string, folder: string): Promise<LoadedMethod> {
  const { entry, self } = locate(use, folder);
  if (!existsSync(entry))
    throw new BenchError({
      code: 'METHOD_NOT_BUILT',
      message: `method "${use}" has no ${entry}`,
      next: self === undefined ? 'check the path' : 'build it: npm run build',
    });
  const url = pathToFileURL(entry).href;
  return { method: await importMethod(url, use), url, code: hashCode(entry, self) };
}

/** Imports a method's module. @throws BenchError METHOD_BROKEN or METHOD_INVALID */
export async function importMethod(url: string, use: string): Promise<Method> {
  let module: { default?: unknown };
  try {
    module = await import(url);
  } catch (error) {
    throw new BenchError({
      code: 'METHOD_BROKEN',
      message: `method "${use}" cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      next: 'see --debug for where it throws',
      cause: error,
    });
  }
  const method = module.default;
  const lacks = isObject(method) ? missingParts(method) : ['a default export'];
  const misnamed = isObject(method) && typeof method.id === 'string' ? fileNameProblem(method.id) : undefined;
  if (misnamed !== undefined)
    throw new BenchError({ code: 'METHOD_INVALID', message: `the id of method "${use}" is no name: ${misnamed}` });
  if (lacks.length > 0)
    throw new BenchError({
      code: 'METHOD_INVALID',
      message: `"${use}" is not a method: it lacks ${lacks.join(', ')}`,
      next: `its default export must come from defineMethod of ${scope}/contract`,
    });
  return method as Method;
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

const parts = {
  id: 'string',
  title: 'string',
  output: 'string',
  revision: 'number',
  params: 'object',
  needs: 'object',
  tasks: 'object',
  uses: 'function',
  supports: 'function',
  fit: 'function',
  score: 'function',
} as const;

function missingParts(method: Record<string, unknown>): string[] {
  return Object.entries(parts).flatMap(([name, type]) => (typeof method[name] === type ? [] : [name]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
