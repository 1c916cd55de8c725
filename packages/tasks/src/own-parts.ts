import { BenchError } from '@attribution-bench/contract';
import { locateModule, requireAuthored } from './code/authored-module.js';
import { readCode } from './code/code-hash.js';
import { installedAt } from './code/installed-package.js';
import type { Dataset } from './data/dataset.js';
import { diffusionParams } from './generator/diffusion.js';
import type { Model } from './models/model.js';
import { regressionParams } from './regressor/regression-params.js';
import { negDenoisingLoss } from './targets/neg-denoising-loss.js';
import type { Target } from './targets/target.js';

/** What a task is put together from; each part is one of this project's or a module of a user's. */
export interface Parts {
  readonly dataset: Dataset;
  readonly model: Model;
  readonly target: Target;
}
export type PartKind = keyof Parts;

/** A definition without its functions: plain data that goes from process to process. */
export type Declared<T> = { readonly [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: T[K] };

/** What a user's module says of itself, and what identifies its code, see {@link readCode}. */
export interface OwnDeclaration<K extends PartKind = PartKind> {
  readonly declared: Declared<Parts[K]>;
  readonly sha256: string;
}

/**
 * Loads a TypeScript or JavaScript module whose default export comes from `defineDataset`, `defineModel` or `defineTarget`.
 * @param file its absolute path
 * @throws BenchError MODULE_MISSING, MODULE_BROKEN (its code throws), MODULE_INVALID, MODULE_CONTRACT
 */
export function loadOwnPart<K extends PartKind>(kind: K, file: string): { part: Parts[K]; sha256: string } {
  locateModule(kind, file, '.');
  const sha256 = readCode(file, installedAt(file)).hash;
  const part = requireAuthored(kind, file) as Parts[K];
  const lacking = lackingParams(kind, part);
  if (lacking !== undefined)
    throw new BenchError({
      code: 'MODULE_INVALID',
      message: `the ${kind} of a ${'kind' in part ? part.kind : kind} ${file} has no parameter ${lacking.names.join(', ')}`,
      next: lacking.next,
    });
  return { part, sha256 };
}

/** {@link loadOwnPart} without what cannot leave the process. */
export function declareOwnPart<K extends PartKind>(kind: K, file: string): OwnDeclaration<K> {
  const { part, sha256 } = loadOwnPart(kind, file);
  const plain = Object.fromEntries(Object.entries(part).filter(([, value]) => typeof value !== 'function'));
  return { declared: plain as unknown as Declared<Parts[K]>, sha256 };
}

/** Parameters that the bench reads from parts of generators and from models of regressors, where they are not declared. */
function lackingParams(
  kind: PartKind,
  part: Parts[PartKind],
): { readonly names: readonly string[]; readonly next: string } | undefined {
  if (!('kind' in part)) return undefined;
  if (kind === 'model' && part.kind === 'regressor') {
    const names = Object.keys(regressionParams).filter((name) => part.params[name] === undefined);
    const next = 'spread regressionParams of @attribution-bench/tasks into its params';
    return names.length === 0 ? undefined : { names, next };
  }
  if (part.kind !== 'generator') return undefined;
  const needed =
    kind === 'model' ? [...Object.keys(diffusionParams), 'timeFeatures'] : Object.keys(negDenoisingLoss.params);
  const names = needed.filter((name) => part.params[name] === undefined);
  if (names.length === 0) return undefined;
  return {
    names,
    next:
      kind === 'model'
        ? 'spread diffusionParams of @attribution-bench/tasks into its params, and add the int timeFeatures'
        : 'add the ints timesteps and draws: what the target is averaged over',
  };
}
