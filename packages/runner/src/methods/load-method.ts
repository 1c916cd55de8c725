import { BenchError, didYouMean, type Method } from '@attribution-bench/contract';
import {
  importAuthored,
  isModulePath,
  locateModule,
  type ModulePlace,
  packagesOf,
  readCode,
  searchFolders,
} from '@attribution-bench/tasks';
import type { LoadedMethod } from '../model/grid.js';
import { declarationOf } from './declaration.js';
import { askUserMethod, type UserMethod } from './user-method.js';

const scope = '@attribution-bench';
const prefix = 'method-';

/**
 * Loads what `use:` of a grid names: a method of this project by id, any installed package by name, or a JavaScript or
 * TypeScript module by its path.
 * @param folder that relative paths start from, and whose `node_modules` are searched first
 * @throws BenchError MODULE_*, of which MODULE_BROKEN says that its code throws, or USER_CODE_* where a user's module ends its
 * process or does not come to its end
 */
export async function loadMethod(use: string, folder: string): Promise<LoadedMethod> {
  const { file, self } = locate(use, folder);
  const isolated = !isOfThisProject(self);
  const asked = isolated
    ? await askUserMethod(file, use)
    : answersOf((await importAuthored('method', file, use)) as Method);
  return { ...asked, module: asked.method.id, file, code: readCode(file, self), isolated };
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

function locate(use: string, folder: string): ModulePlace {
  const own =
    isModulePath(use) || use.startsWith('@') ? undefined : locateModule('method', `${scope}/${prefix}${use}`, folder);
  const place = own ?? locateModule('method', use, folder);
  if (place !== undefined) return place;
  const known = installedMethods(folder);
  throw new BenchError({
    code: 'MODULE_UNKNOWN',
    message: `there is no method "${use}"`,
    next: didYouMean(
      use,
      known,
      `installed: ${known.join(', ') || 'none'}; others need their package installed or a path`,
    ),
  });
}
