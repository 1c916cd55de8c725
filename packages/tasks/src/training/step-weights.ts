import type { NumericArray } from '@attribution-bench/contract';
import type { Objective } from './objective.js';

/** What the points of a run count. */
export interface PointWeights {
  /** Training row of each place of each batch, -1 where padded, [steps × batch]. */
  readonly rows: Int32Array;
  /** By training row. */
  readonly ofRows: Float32Array;
}

/**
 * What each place of each batch counts in its loss, [steps × batch]. Where points have weights, the mean over a batch is
 * still divided by all of its points, so that it is a sum in which a point of weight 0 is left out and all else stays.
 * Batch normalisation goes by means over the points that count (`shares`); where nothing in a batch does, it lets the batch
 * through as it is, so that losses are finite, and its running statistics stay (`moves`).
 * @param means weight of each place in the mean over its batch, 0 where padded, [steps × batch]
 */
export function stepWeights(
  { architecture, recipe: { batch } }: Pick<Objective, 'architecture' | 'recipe'>,
  means: Float32Array,
  points: PointWeights | undefined,
): Record<string, NumericArray> {
  const own = points && Float32Array.from(points.rows, (row) => (row < 0 ? 0 : points.ofRows[row]));
  const weights = own?.map((weight, at) => weight * means[at]) ?? means;
  if (architecture.statistics.length === 0) return { weights };
  const shares = means.slice();
  const moves = new Float32Array(means.length / batch).fill(1);
  if (own !== undefined)
    for (let step = 0; step < moves.length; step++) {
      const ofBatch = own.subarray(step * batch, (step + 1) * batch);
      const sum = ofBatch.reduce((total, weight) => total + weight, 0);
      if (sum === 0) moves[step] = 0;
      else if (ofBatch.some((weight, place) => weight !== 1 && means[step * batch + place] > 0))
        shares.set(
          ofBatch.map((weight) => weight / sum),
          step * batch,
        );
    }
  return { weights, shares, moves };
}
