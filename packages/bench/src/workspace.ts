import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { BenchError, didYouMean } from '@attribution-bench/contract';
import { isUrl, parseS3Url } from '@attribution-bench/store/s3-url';

/** The nearest folder upwards of the caller's that holds an nx.json; the caller's own where there is none. */
export function workspaceFolder(caller = process.cwd()): string {
  for (let folder = resolve(caller); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'nx.json'))) return folder;
    if (dirname(folder) === folder) return resolve(caller);
  }
}

/** Where results are, and what belongs to them and cannot be in a bucket. */
export interface ResultsPlace {
  /** The folder, or the URL. */
  readonly location: string;
  /** Of the store. */
  readonly storeLocation: string;
  /** The folder itself; of a URL, one of this machine that keeps what runs say of themselves, and boards. */
  readonly folder: string;
}

/**
 * Where `--results` says that results are, seen from the caller's folder, or `results` of the workspace. What belongs to a
 * bucket is in `results/s3/<bucket>/<prefix>` of the workspace.
 * @throws BenchError STORE_URL
 */
export function resultsPlace(flag: string | undefined): ResultsPlace {
  const own = join(workspaceFolder(), 'results');
  if (flag === undefined || !isUrl(flag)) {
    const folder = flag === undefined ? own : resolve(flag);
    return { location: folder, storeLocation: join(folder, 'store'), folder };
  }
  const { bucket, prefix } = parseS3Url(flag);
  const folders = [bucket, ...prefix.split('/').filter((name) => name !== '')];
  const location = `s3://${folders.join('/')}`;
  return { location, storeLocation: `${location}/store`, folder: join(own, 's3', ...folders) };
}

/** The folder of {@link resultsPlace}. */
export function resultsFolder(flag: string | undefined): string {
  return resultsPlace(flag).folder;
}

/** A path in a grid file, seen from the workspace. */
export function workspacePath(path: string): string {
  return resolve(workspaceFolder(), path);
}

/** Names of the grid files of a folder, in order. */
export function configNames(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter(isConfigName).sort() : [];
}

/**
 * The grid file that `--config name` means: `name` in the caller's folder, then `configs/name` and, for a name without that
 * ending, `configs/name.yaml` of the workspace; seen from the caller's folder.
 * @throws BenchError CONFIG_NOT_FOUND that lists these, and the grid file that was probably meant or those there are
 */
export function findConfig(name: string): string {
  const configs = join(workspaceFolder(), 'configs');
  const names = isConfigName(name) ? [name] : [name, `${name}.yaml`];
  const candidates = [resolve(name), ...names.map((each) => join(configs, each))].map((path) => relative('', path));
  const found = candidates.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  if (found !== undefined) return found;
  throw new BenchError({
    code: 'CONFIG_NOT_FOUND',
    message: `no grid file "${name}": looked for ${[...new Set(candidates)].join(', ')}`,
    next: meantConfig(name, configs),
  });
}

/** Whether a file is named as grid files are. */
function isConfigName(file: string): boolean {
  return /\.ya?ml$/.test(file);
}

/** The next step of whoever named a grid file that does not exist. */
function meantConfig(name: string, configs: string): string {
  const inConfigs = configNames(configs);
  const known = [...inConfigs, ...configNames(resolve(''))];
  if (known.length === 0) return 'write one with `bench init`';
  const short = inConfigs.map((file) => file.replace(/\.ya?ml$/, ''));
  return didYouMean(name, [...short, ...known], `there are: ${known.join(', ')}`);
}
