import type { Rng } from '@attribution-bench/contract';
import { type JointDraws, type ResampledStatistic, rankOrder, resampleSubsets } from '@attribution-bench/numerics';
import { type Placements, placementsOf } from './area.js';
import type { SeededResults } from './seeded-results.js';

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

/** Placements of each point, averaged over seeds. */
export function meanPlacements({ distinct, shares }: SeededResults): Placements {
  const bySeed = distinct.flatMap(({ detection }, i) =>
    detection === undefined ? [] : [{ share: shares[i], ...placementsOf(detection.scores, detection.positive) }],
  );
  const average = (side: keyof Placements) =>
    bySeed[0][side].map((_, point) => bySeed.reduce((sum, seed) => sum + seed.share * seed[side][point], 0));
  return { positives: average('positives'), negatives: average('negatives') };
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
