import type { Rng } from '@attribution-bench/contract';
import { type JointDraws, type ResampledStatistic, rankOrder, resampleSubsets } from '@attribution-bench/numerics';
import { twoSidedQuantile } from '../../statistics/student-t.js';

/** Training points as they were ranked, and which of them were to be found. */
export interface Detection {
  readonly scores: Float64Array;
  readonly positive: Uint8Array;
}

/** Draws of positives among positives and of negatives among negatives; points take the place of subsets. */
export function drawPoints({ positive }: Detection, resamples: number, rng: Rng): JointDraws {
  const points = positive.length;
  const indices = Array.from(positive.keys());
  const strata = [indices.filter((i) => positive[i] !== 0), indices.filter((i) => positive[i] === 0)];
  const subsetCounts = new Int32Array(resamples * points);
  for (let b = 0; b < resamples; b++) {
    for (const stratum of strata) {
      for (let i = 0; i < stratum.length; i++) subsetCounts[b * points + stratum[rng.below(stratum.length)]]++;
    }
  }
  const queryCounts = new Int32Array(resamples).fill(1);
  return { resamples, subsets: points, queries: 1, subsetCounts, queryCounts };
}

/**
 * How far below 1 the true area may lie when the observed one is 1, where resampling shows no spread: the distance that
 * Hanley and McNeil's variance makes improbable (method 5 of Newcombe 2006, Statistics in Medicine 25).
 */
export function perfectionMargin({ positive }: Detection, level: number): number {
  const positives = positive.reduce((count, flag) => count + (flag === 0 ? 0 : 1), 0);
  const negatives = positive.length - positives;
  const half = positive.length / 2;
  const z = twoSidedQuantile(1 - level, 1e9);
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const area = (low + high) / 2;
    const excess = (half - 1) * ((1 - area) / (2 - area) + area / (1 + area));
    const variance = (area * (1 - area) * (1 + excess)) / (positives * negatives);
    if (1 - area > z * Math.sqrt(variance)) low = area;
    else high = area;
  }
  return 1 - high;
}

/** The area under the ROC curve on every draw of {@link drawPoints}, as the statistic of a single query. */
export function resampleAuc({ scores, positive }: Detection, draws: JointDraws): ResampledStatistic {
  const { order, lastOfTie } = rankOrder(scores);
  return resampleSubsets(draws, (_query, counts) => {
    let [negativesBelow, pairsWon, positives] = [0, 0, 0];
    let [tiedPositives, tiedNegatives] = [0, 0];
    order.forEach((point, place) => {
      if (positive[point] === 0) tiedNegatives += counts[point];
      else tiedPositives += counts[point];
      if (lastOfTie[place] === 0) return;
      pairsWon += tiedPositives * (negativesBelow + tiedNegatives / 2);
      positives += tiedPositives;
      negativesBelow += tiedNegatives;
      [tiedPositives, tiedNegatives] = [0, 0];
    });
    return pairsWon / (positives * negativesBelow);
  });
}
