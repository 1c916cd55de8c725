import { digamma, inverseTrigamma, trigamma } from './gamma.js';

/** An estimate of a variance and the degrees of freedom it is known with. */
export interface EstimatedVariance {
  readonly variance: number;
  readonly freedom: number;
}

/** A prior of more degrees of freedom than this is as good as certainty. */
const certain = 1e6;

/**
 * Variances that were each estimated with few degrees of freedom, helped by what they have in common: the moderated
 * variances of Smyth (2004, Statistical Applications in Genetics and Molecular Biology 3(1), section 6), whose prior
 * (scale and degrees of freedom) is fitted to all of them by the mean and variance of their logarithms. Where they differ
 * by no more than chance they are pooled; the more they differ, the less one says of another. Unlike Smyth's, a variance
 * above the prior keeps its value: one that is small by chance is raised, one that is large is not made small.
 * @param estimates all of positive variance and freedom
 * @param mostFreedom degrees of freedom that all estimates have together, which are fewer than their sum where they depend
 *   on each other
 */
export function moderatedVariances(
  estimates: readonly EstimatedVariance[],
  mostFreedom: number,
): readonly EstimatedVariance[] {
  const prior = priorOf(estimates);
  return estimates.map(({ variance, freedom }) => {
    const total = prior.freedom + freedom;
    const moderated = (prior.freedom * prior.variance + freedom * variance) / total;
    return { variance: Math.max(variance, moderated), freedom: Math.max(freedom, Math.min(mostFreedom, total)) };
  });
}

function priorOf(estimates: readonly EstimatedVariance[]): EstimatedVariance {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  if (estimates.length < 2) return { variance: 0, freedom: 0 };
  const logs = estimates.map(
    ({ variance, freedom }) => Math.log(variance) - digamma(freedom / 2) + Math.log(freedom / 2),
  );
  const centre = mean(logs);
  const spread = logs.reduce((sum, log) => sum + (log - centre) ** 2, 0) / (logs.length - 1);
  const excess = spread - mean(estimates.map(({ freedom }) => trigamma(freedom / 2)));
  const freedom = excess > 0 ? Math.min(certain, 2 * inverseTrigamma(excess)) : certain;
  if (freedom === certain) return { variance: mean(estimates.map(({ variance }) => variance)), freedom };
  return { variance: Math.exp(centre + digamma(freedom / 2) - Math.log(freedom / 2)), freedom };
}
