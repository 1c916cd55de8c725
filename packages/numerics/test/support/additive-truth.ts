import { Rng } from '@attribution-bench/contract';

/** An additive truth: what a query's output gains from a subset is linear in `factors` normal traits of the subset. */
export interface AdditiveTruth {
  readonly subsets: number;
  readonly queries: number;
  /** Correlation of each method's weights with the true ones, one per method. */
  readonly quality: readonly number[];
  /** Spread of the quality over queries. */
  readonly qualitySpread?: number;
  /** Share of the variance of true weights, and of a method's errors, that all queries have in common. */
  readonly common?: number;
  /** Variance of retraining noise over that of the effect, and the share of it that all queries have in common. */
  readonly noise?: number;
  readonly commonNoise?: number;
}

const factors = 12;

/** One draw of subsets, queries and noise: predictions of every method and outputs, [subsets × queries] each. */
export function additiveTruths(seed: number, truth: AdditiveTruth) {
  const { subsets, queries, quality, qualitySpread = 0, common = 0.3, noise = 1, commonNoise = 0 } = truth;
  const rng = new Rng([seed, 20, 30, 40]);
  const trait = (): Float64Array => Float64Array.from({ length: factors }, () => rng.normal());
  const blend = (a: Float64Array, share: number, b: Float64Array): Float64Array =>
    a.map((value, i) => Math.sqrt(share) * value + Math.sqrt(1 - share) * b[i]);
  const sharedEffect = trait();
  const sharedErrors = quality.map(trait);

  return {
    draw(): { predictions: Float64Array[]; outputs: Float64Array } {
      const effects = Array.from({ length: queries }, () => blend(sharedEffect, common, trait()));
      const weights = quality.map((mean, method) =>
        effects.map((effect) => {
          const own = Math.max(-0.99, Math.min(0.99, mean + qualitySpread * rng.normal()));
          const error = blend(sharedErrors[method], common, trait());
          return effect.map((value, i) => own * value + Math.sqrt(1 - own * own) * error[i]);
        }),
      );
      const outputs = new Float64Array(subsets * queries);
      const predictions = quality.map(() => new Float64Array(subsets * queries));
      const scale = Math.sqrt(noise * factors);
      for (let j = 0; j < subsets; j++) {
        const traits = trait();
        const sharedNoise = rng.normal();
        for (let q = 0; q < queries; q++) {
          const own = Math.sqrt(commonNoise) * sharedNoise + Math.sqrt(1 - commonNoise) * rng.normal();
          outputs[j * queries + q] = inner(effects[q], traits) + scale * own;
          for (const [method, matrix] of predictions.entries())
            matrix[j * queries + q] = inner(weights[method][q], traits);
        }
      }
      return { predictions, outputs };
    },
  };
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
