import { createHash } from 'node:crypto';
import { canonicalJson } from '@attribution-bench/contract';
import { bytesOf } from '@attribution-bench/store';

/** Outputs of models that others trained on subsets of a training set, turned to one form whatever they were published in. */
export interface ForeignTruth {
  readonly about: AboutForeignTruth;
  readonly train: ForeignPoints;
  readonly queries: ForeignPoints;
  /** Training points that each subset keeps, ascending; at least one each. */
  readonly members: readonly Int32Array[];
  /** Higher is more, [subsets × runs × queries]; one run where {@link AboutForeignTruth.single} is false. */
  readonly outputs: Float32Array | Float64Array;
}

/** Where a truth comes from, in words that boards show. */
export interface AboutForeignTruth {
  readonly title: string;
  /** The target in words. */
  readonly target: string;
  /** Training runs of each subset; null where that is not known. */
  readonly seeds: number | null;
  /** Whether outputs are of single training runs, and not means over them. */
  readonly single: boolean;
  readonly recipe: string | null;
  /** `unknown` where its authors do not say. */
  readonly licence: string;
  readonly source: string;
  readonly cite: string | null;
}

export interface ForeignPoints {
  readonly count: number;
  /** Absent where points have no names of their own. */
  readonly ids?: readonly string[];
}

/** Runs of each subset that outputs are given of. */
export function runsOf({ about: { single, seeds } }: Pick<ForeignTruth, 'about'>): number {
  return single ? (seeds ?? 1) : 1;
}

/** Names of points that have none of their own: `train/0`, `train/1`, ... */
export function idsOf({ count, ids }: ForeignPoints, side: 'train' | 'query'): readonly string[] {
  return ids ?? Array.from({ length: count }, (_, index) => `${side}/${index}`);
}

/** SHA-256 of everything that a truth says, whatever form it was published in; lower-case hex. */
export function foreignDigest({ about, train, queries, members, outputs }: ForeignTruth): string {
  const hash = createHash('sha256');
  const type = outputs instanceof Float64Array ? 'float64' : 'float32';
  const sizes = members.map(({ length }) => length);
  hash.update(canonicalJson({ about: { ...about }, train: plain(train), queries: plain(queries), type, sizes }));
  for (const kept of members) hash.update(bytesOf(kept));
  hash.update(bytesOf(outputs));
  return hash.digest('hex');
}

function plain({ count, ids }: ForeignPoints): { count: number; ids: string[] | null } {
  return { count, ids: ids === undefined ? null : [...ids] };
}
