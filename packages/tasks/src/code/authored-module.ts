import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BenchError, contractVersion, fileNameProblem, isObject } from '@attribution-bench/contract';
import { findPackage, type InstalledPackage, searchFolders } from './installed-package.js';
import { isModulePath } from './module-path.js';
import { isTypeScript, loadTypeScript } from './typescript-module.js';

/** What `use:` of a grid file can name a module of. */
export type AuthoredKind = 'method' | 'metric' | 'model' | 'dataset' | 'target';

/** The file of a module, and the package that it is the entry of, if it is. */
export interface ModulePlace {
  readonly file: string;
  readonly self?: InstalledPackage;
}

/**
 * Where the module lies that `use` names: by a path, or as an installed package.
 * @param folder that relative paths start from, and whose `node_modules` are searched first
 * @returns undefined where no package of the name is installed
 * @throws BenchError MODULE_MISSING when there is no such file
 */
export function locateModule(kind: AuthoredKind, use: string, folder: string): ModulePlace | undefined {
  const place = isModulePath(use) ? { file: resolve(folder, use) } : packageOf(use, folder);
  if (place !== undefined && statSync(place.file, { throwIfNoEntry: false })?.isFile() !== true)
    throw new BenchError({
      code: 'MODULE_MISSING',
      message: `${kind} "${use}" has no file ${place.file}`,
      next: 'self' in place ? 'build it: npm run build' : 'check the path: relative ones start at the grid file',
    });
  return place;
}

function packageOf(name: string, folder: string): Required<ModulePlace> | undefined {
  if (!/^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(name)) return undefined;
  const found = findPackage(name, searchFolders(folder));
  return found && { file: found.entry, self: found };
}

/**
 * Loads a JavaScript or TypeScript module and checks its default export.
 * @param use as the user names it, for messages
 * @returns the default export, which the matching `define…` function made
 * @throws BenchError MODULE_BROKEN (it throws, or its imports do), MODULE_INVALID, MODULE_CONTRACT
 */
export async function importAuthored(kind: AuthoredKind, file: string, use = file): Promise<object> {
  try {
    const module: unknown = isTypeScript(file) ? loadTypeScript(file) : await import(pathToFileURL(file).href);
    return checked(kind, module, use);
  } catch (error) {
    throw broken(kind, use, error);
  }
}

/** {@link importAuthored} for where nothing can be awaited; modules with an `await` at the top level are refused. */
export function requireAuthored(kind: AuthoredKind, file: string, use = file): object {
  try {
    return checked(kind, isTypeScript(file) ? loadTypeScript(file) : createRequire(file)(file), use);
  } catch (error) {
    throw broken(kind, use, error);
  }
}

function broken(kind: AuthoredKind, use: string, error: unknown): unknown {
  if (error instanceof BenchError) return error;
  return new BenchError({
    code: 'MODULE_BROKEN',
    message: `${kind} "${use}" cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
    next: 'see --debug for where it throws',
    cause: error,
  });
}

const about = { id: 'string', title: 'string', params: 'object' } as const;

/** What a definition of each kind has, with its types: what the bench calls or reads before anything else could fail. */
const partsOf: Readonly<Record<AuthoredKind, Readonly<Record<string, string>>>> = {
  method: {
    ...about,
    scoreShape: 'string',
    revision: 'number',
    needs: 'object',
    tasks: 'object',
    uses: 'function',
    supports: 'function',
    fit: 'function',
    score: 'function',
  },
  metric: { ...about, revision: 'number', higherIsBetter: 'boolean', needs: 'object', evaluate: 'function' },
  model: { ...about, kind: 'string', architecture: 'object', training: 'object', network: 'function' },
  dataset: { ...about, licence: 'string', home: 'string', load: 'function' },
  target: { ...about, kind: 'string', output: 'function' },
};

const definedBy: Readonly<Record<AuthoredKind, string>> = {
  method: 'defineMethod of @attribution-bench/contract',
  metric: 'defineMetric of @attribution-bench/contract',
  model: 'defineModel of @attribution-bench/tasks',
  dataset: 'defineDataset of @attribution-bench/tasks',
  target: 'defineTarget of @attribution-bench/tasks',
};

function checked(kind: AuthoredKind, module: unknown, use: string): object {
  const definition = isModule(module) ? module.default : undefined;
  const invalid = (problem: string, next?: string) =>
    new BenchError({ code: 'MODULE_INVALID', message: problem, next });
  const next = `its default export must come from ${definedBy[kind]}`;
  if (!isObject(definition)) throw invalid(`"${use}" is not a ${kind}: it lacks a default export`, next);
  const lacks = Object.entries(partsOf[kind]).flatMap(([name, type]) =>
    typeof definition[name] === type ? [] : [name],
  );
  if (lacks.length > 0) throw invalid(`"${use}" is not a ${kind}: it lacks ${lacks.join(', ')}`, next);
  const misnamed = fileNameProblem(String(definition.id));
  if (misnamed !== undefined) throw invalid(`the id of ${kind} "${use}" cannot be used: ${misnamed}`);
  if (definition.contract !== contractVersion) throw otherContract(kind, use, definition.contract);
  return definition;
}

function isModule(module: unknown): module is { readonly default?: unknown } {
  return typeof module === 'object' && module !== null;
}

function otherContract(kind: AuthoredKind, use: string, version: unknown): BenchError {
  const newer = typeof version === 'number' && version > contractVersion;
  return new BenchError({
    code: 'MODULE_CONTRACT',
    message: `${kind} "${use}" is written for version ${typeof version === 'number' ? version : 'unknown'} of the contract, this bench uses version ${contractVersion}`,
    next: newer
      ? 'install a newer bench'
      : `define it with ${definedBy[kind]} in the version of this bench, and see the changelog for what changed`,
  });
}
