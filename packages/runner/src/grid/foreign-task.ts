import { resolve } from 'node:path';
import { BenchError, didYouMean, fileNameProblem, isObject, shown } from '@attribution-bench/contract';
import { readDescription } from '@attribution-bench/exchange';
import type { ForeignTask } from '../model/grid.js';
import type { MergedTask } from './extends.js';
import type { GridProblem } from './grid-errors.js';
import type { Path } from './yaml-source.js';

/** The whole key that `bench truth import --foreign` prints, or its beginning. */
const keyPattern = /^[0-9a-f]{12,64}$/;
const keys = ['id', 'kind', 'truth'];
const example = 'truth: { foreign: ./folder }, or the key that bench truth import --foreign printed';

/**
 * A task `kind: foreign` of a grid file: its truth is a folder, of which what it says of itself is read, or the key of one
 * that was imported.
 * @param from where relative paths start, and whether folders are not asked for because results are only read
 * @returns undefined when there are problems
 */
export async function resolveForeignTask(
  { fields, place }: MergedTask,
  seed: number,
  from: { readonly folder: string; readonly readsOnly: boolean },
  problems: GridProblem[],
): Promise<ForeignTask | undefined> {
  const before = problems.length;
  const report = (path: Path, message: string, next?: string, part?: 'key'): void => {
    problems.push({ place: place(path, part), message, ...(next !== undefined && { next }) });
  };
  for (const key of Object.keys(fields).filter((name) => !keys.includes(name))) {
    const known = ['data', 'model', 'target', 'queries'].includes(key);
    report(
      [key],
      known ? `"${key}" is for tasks that are trained here` : `unknown key ${shown(key)}`,
      didYouMean(key, keys, 'of a foreign task only the truth is known: leave it out'),
      'key',
    );
  }
  const { id, truth } = fields;
  const badName = typeof id === 'string' ? fileNameProblem(id) : 'expected text';
  if (badName !== undefined) report(['id'], badName);
  const given = isObject(truth) ? truth.foreign : undefined;
  if (isObject(truth))
    for (const key of Object.keys(truth).filter((name) => name !== 'foreign'))
      report(['truth', key], `"${key}" is for truths that are trained here`, 'leave it out', 'key');
  if (typeof given !== 'string' || given === '') {
    const path = truth === undefined ? [] : given === undefined ? ['truth'] : ['truth', 'foreign'];
    report(path, 'does not say which truth it is of', `write ${example}`);
    return undefined;
  }
  const foreign = keyPattern.test(given) ? { key: given } : { folder: resolve(from.folder, given) };
  if ('folder' in foreign && !from.readsOnly)
    await readDescription(foreign.folder).catch((error: unknown) => {
      if (!(error instanceof BenchError)) throw error;
      report(['truth', 'foreign'], [error.place, error.message].filter(Boolean).join(' '), error.next);
    });
  return problems.length > before ? undefined : { id: id as string, seed, foreign };
}
