import { mean, midranks } from './rank.js';

export interface CeilingShape {
  readonly subsets: number;
  readonly retrainSeeds: number;
  readonly queries: number;
}

/** Number of statistics of a query. */
export const statisticCount = 6;

/**
 * How retraining seeds agree on the subsets, by query: the mean over pairs of seeds of
 * 0. the rank correlation;
 * 1. and 3. the third and fourth L-comoment of one seed about the ranks of another, over the second L-moment (Serfling and
 *    Xiao 2007, Journal of Multivariate Analysis 98): these see the effect and not the noise;
 * 2. and 4. the third and fourth L-moment of a seed over the second (Hosking 1990, JRSS B 52);
 * 5. the product-moment correlation.
 * All are ratios of sums without bias, and bounded influence of outliers keeps 0 to 4 steady in small samples.
 */
export interface SeedStatistics {
  /** [queries × statistics] */
  readonly values: Float64Array;
  /** Jackknife influence of each subset on each value, [subsets × queries × statistics]; means over subsets are 0. */
  readonly influences: Float64Array;
}

/** @param outputs [subsets × retrainSeeds × queries], at least two seeds and five subsets */
export function seedStatistics(
  outputs: ArrayLike<number>,
  { subsets, retrainSeeds, queries }: CeilingShape,
): SeedStatistics {
  const values = new Float64Array(queries * statisticCount);
  const influences = new Float64Array(subsets * queries * statisticCount);
  const without = new Float64Array(subsets * statisticCount);
  for (let query = 0; query < queries; query++) {
    const seeds = Array.from({ length: retrainSeeds }, (_, seed) => {
      const column = Float64Array.from(
        { length: subsets },
        (_, j) => outputs[(j * retrainSeeds + seed) * queries + query],
      );
      const centre = mean(column);
      return { outputs: column.map((value) => value - centre), ranks: midranks(column) };
    });
    values.set(statisticsWithout(seeds, -1), query * statisticCount);
    for (let j = 0; j < subsets; j++) without.set(statisticsWithout(seeds, j), j * statisticCount);
    for (let m = 0; m < statisticCount; m++) {
      let centre = 0;
      for (let j = 0; j < subsets; j++) centre += without[j * statisticCount + m] / subsets;
      for (let j = 0; j < subsets; j++)
        influences[(j * queries + query) * statisticCount + m] =
          (subsets - 1) * (centre - without[j * statisticCount + m]);
    }
  }
  return { values, influences };
}

interface SeedColumn {
  /** Less their mean. */
  readonly outputs: Float64Array;
  readonly ranks: Float64Array;
}

/** The statistics of a query without subset `left`, or with all of them for -1; all 0 where outputs are constant. */
function statisticsWithout(seeds: readonly SeedColumn[], left: number): Float64Array {
  const size = seeds[0].outputs.length;
  const n = left < 0 ? size : size - 1;
  const pairs = seeds.length - 1;
  const middle = (n + 1) / 2;
  const [rankSums, outputSums] = [new Float64Array(size), new Float64Array(size)];
  let [rankSquares, outputSquares] = [0, 0];
  let [ownScale, ownSkew, ownTail, crossSkew, crossTail] = [0, 0, 0, 0, 0];
  const rankOf = (ranks: Float64Array, i: number) =>
    left < 0 || ranks[i] < ranks[left] ? ranks[i] : ranks[i] - (ranks[i] > ranks[left] ? 1 : 0.5);
  const centres = seeds.map(({ outputs }) => (left < 0 ? 0 : -outputs[left] / n));
  seeds.forEach(({ outputs, ranks }, seed) => {
    for (let i = 0; i < size; i++) {
      if (i === left) continue;
      const rank = rankOf(ranks, i) - middle;
      const output = outputs[i] - centres[seed];
      rankSums[i] += rank;
      rankSquares += rank * rank;
      outputSums[i] += output;
      outputSquares += output * output;
    }
  });
  let [rankProducts, outputProducts] = [-rankSquares, -outputSquares];
  for (let i = 0; i < size; i++) {
    rankProducts += rankSums[i] * rankSums[i];
    outputProducts += outputSums[i] * outputSums[i];
  }
  seeds.forEach(({ outputs, ranks }, seed) => {
    for (let i = 0; i < size; i++) {
      if (i === left) continue;
      const below = rankOf(ranks, i) - 1;
      const b1 = below / (n - 1);
      const b2 = (b1 * (below - 1)) / (n - 2);
      const b3 = (b2 * (below - 2)) / (n - 3);
      const output = outputs[i] - centres[seed];
      const others = (outputSums[i] - output) / pairs;
      const [w1, w2, w3] = [2 * b1 - 1, 6 * (b2 - b1) + 1, 20 * b3 - 30 * b2 + 12 * b1 - 1];
      ownScale += w1 * output;
      ownSkew += w2 * output;
      ownTail += w3 * output;
      crossSkew += w2 * others;
      crossTail += w3 * others;
    }
  });
  if (!(rankSquares > 0 && ownScale > 0)) return new Float64Array(statisticCount);
  return Float64Array.of(
    rankProducts / pairs / rankSquares,
    crossSkew / ownScale,
    ownSkew / ownScale,
    crossTail / ownScale,
    ownTail / ownScale,
    outputProducts / pairs / outputSquares,
  );
}
