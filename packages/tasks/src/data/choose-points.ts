import { BenchError, deriveSeed, Rng } from '@attribution-bench/contract';
import type { PointSource } from './dataset.js';

/** Training points and queries by their rows; the two never overlap. */
export interface ChosenPoints {
  /** Rows of `source.train`, ascending. */
  readonly train: Int32Array;
  /** Rows of `source.heldout`, or of `source.train` when there is none, ascending. */
  readonly queries: Int32Array;
}

export interface Counts {
  readonly train: number;
  readonly queries: number;
}

/**
 * Chooses the first rows as training points, and as queries the first held-out ones, or those that follow where there are
 * none.
 * @param labels class labels to keep
 * @throws BenchError DATA_TOO_FEW when the rows do not suffice
 */
export function firstPoints(
  { train, heldout }: PointSource,
  labels: readonly number[],
  counts: Counts,
  _seed: number,
  place: string,
): ChosenPoints {
  const kept = new Set(labels);
  const rowsIn = (partition: PointSource['train']) =>
    Int32Array.from(partition.labels.keys()).filter((row) => kept.has(partition.labels[row]));
  const pool = rowsIn(train);
  if (counts.train > pool.length) throw tooFew(place, `${counts.train} training points`, pool.length);
  const others = heldout === undefined ? pool.subarray(counts.train) : rowsIn(heldout);
  if (counts.queries > others.length) throw tooFew(place, `${counts.queries} queries`, others.length);
  return { train: pool.slice(0, counts.train), queries: others.slice(0, counts.queries) };
}

/**
 * Chooses training points and queries at random, each class in proportion to its share of the rows. The two never
 * overlap. A larger choice under the same seed contains a smaller one, up to rounding of the class shares.
 * @param labels class labels to keep
 * @throws BenchError DATA_TOO_FEW when the rows do not suffice
 */
export function stratifiedPoints(
  source: PointSource,
  labels: readonly number[],
  counts: Counts,
  seed: number,
  place: string,
): ChosenPoints {
  const shuffled = (partition: PointSource['train']) =>
    labels.map((label) => {
      const rows = Int32Array.from(rowsOf(partition.labels, label));
      return new Rng(deriveSeed(seed, place, 'data', partition.name, label)).shuffle(rows);
    });
  const pool = shuffled(source.train);
  const heldout = source.heldout === undefined ? pool : shuffled(source.heldout);
  const sizes = (classes: readonly Int32Array[]) => classes.map((rows) => rows.length);
  const total = (classes: readonly Int32Array[]) => sizes(classes).reduce((sum, size) => sum + size, 0);
  const wanted = counts.train + (source.heldout === undefined ? counts.queries : 0);
  if (wanted > total(pool)) {
    const also = source.heldout === undefined ? ` and ${counts.queries} queries` : '';
    throw tooFew(place, `${counts.train} training points${also}`, total(pool));
  }
  if (counts.queries > total(heldout)) throw tooFew(place, `${counts.queries} queries`, total(heldout));
  const queryQuota = quotas(sizes(heldout), counts.queries);
  const start = source.heldout === undefined ? queryQuota : queryQuota.map(() => 0);
  const trainQuota = quotas(
    pool.map((rows, c) => rows.length - start[c]),
    counts.train,
  );
  return {
    train: gathered(pool.map((rows, c) => rows.subarray(start[c], start[c] + trainQuota[c]))),
    queries: gathered(heldout.map((rows, c) => rows.subarray(0, queryQuota[c]))),
  };
}

/** Splits `count` in proportion to `sizes` by largest remainders, ties to the first. */
export function quotas(sizes: readonly number[], count: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const exact = sizes.map((size) => (size * count) / total);
  const quota = exact.map(Math.floor);
  const byRemainder = exact
    .map((share, index) => ({ index, remainder: share - quota[index] }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  const missing = count - quota.reduce((sum, share) => sum + share, 0);
  for (const { index } of byRemainder.slice(0, missing)) quota[index]++;
  return quota;
}

function* rowsOf(labels: ArrayLike<number>, label: number): Generator<number> {
  for (let row = 0; row < labels.length; row++) if (labels[row] === label) yield row;
}

function gathered(classes: readonly Int32Array[]): Int32Array {
  return Int32Array.from(classes.flatMap((rows) => [...rows])).sort();
}

/** That so many points are wanted of a place which has `found` of the classes to keep. */
export function tooFew(place: string, wanted: string, found: number): BenchError {
  return new BenchError({
    code: 'DATA_TOO_FEW',
    place,
    message: `has ${found} points to choose from, not enough for ${wanted}`,
    next: 'lower train or queries, or keep more classes',
  });
}
