import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { BenchError } from '@attribution-bench/contract';

/** The nearest folder upwards of the caller's that holds an nx.json; the caller's own where there is none. */
export function workspaceFolder(caller = process.cwd()): string {
  for (let folder = resolve(caller); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'nx.json'))) return folder;
    if (dirname(folder) === folder) return resolve(caller);
  }
}

/** Where results go: `--results`, seen from the caller's folder, or `results` of the workspace. */
export function resultsFolder(flag: string | undefined): string {
  return flag === undefined ? join(workspaceFolder(), 'results') : resolve(flag);
}

/** A path in a grid file, seen from the workspace. */
export function workspacePath(path: string): string {
  return resolve(workspaceFolder(), path);
}

/**
 * The grid file that `--config name` means: `name` in the caller's folder, then `configs/name` and `configs/name.yaml`
 * of the workspace; seen from the caller's folder.
 * @throws BenchError CONFIG_NOT_FOUND that lists all three
 */
export function findConfig(name: string): string {
  const configs = join(workspaceFolder(), 'configs');
  const candidates = [resolve(name), join(configs, name), join(configs, `${name}.yaml`)].map((path) =>
    relative('', path),
  );
  const found = candidates.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  if (found !== undefined) return found;
  throw new BenchError({
    code: 'CONFIG_NOT_FOUND',
    message: `no grid file "${name}": looked for ${[...new Set(candidates)].join(', ')}`,
    next: 'see `bench list configs`',
  });
}
