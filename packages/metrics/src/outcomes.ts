import type { Split, Truth } from '@attribution-bench/contract';

/** The ground truth of a split: targets averaged over retraining seeds in float64, [subsets × queries], row-major. */
export function outcomesOf(truth: Truth, split: Split): Float64Array {
  const { retrainSeeds, queries, outputs } = truth;
  const means = new Float64Array(split.subsets.length * split.queries.length);
  let at = 0;
  for (const subset of split.subsets) {
    for (const query of split.queries) {
      let sum = 0;
      for (let r = 0; r < retrainSeeds; r++) sum += outputs[(subset * retrainSeeds + r) * queries + query];
      means[at++] = sum / retrainSeeds;
    }
  }
  return means;
}
