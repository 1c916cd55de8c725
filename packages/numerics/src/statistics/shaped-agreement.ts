import { normalCdf } from './normal-distribution.js';
import {
  normalMean,
  normalNodes,
  normalWeights,
  type Shape,
  type ShapedVariable,
  shapedVariable,
} from './shaped-variable.js';

/** An output of a retrained model: effect plus independent noise, with `reliability` the effect's share of the variance. */
export interface NoisyEffect {
  readonly reliability: number;
  readonly effect: Shape;
  readonly noise: Shape;
}

const gridSize = 121;

/**
 * Statistics of two retrainings of one effect, in the order of {@link SeedStatistics}: their rank correlation, and L-moment ratios
 * of one retraining about the ranks of the other (what effects have in common) and about its own.
 */
export function expectedStatistics({ reliability, effect, noise }: NoisyEffect): number[] {
  const [e, n] = [shapedVariable(effect), shapedVariable(noise)];
  const [effectScale, noiseScale] = [Math.sqrt(reliability), Math.sqrt(1 - reliability)];
  const rank = rankOfSum(e, effectScale, n, noiseScale);
  let [agreement, ownGini, ownSkew, ownTail, crossSkew, crossTail] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < e.values.length; i++) {
    const value = effectScale * e.values[i];
    let [meanRank, meanSkew, meanTail] = [0, 0, 0];
    for (let k = 0; k < n.values.length; k++) {
      const output = value + noiseScale * n.values[k];
      const u = rank(output);
      const weight = normalWeights[k];
      const [first, second, third] = [2 * u - 1, (6 * u - 6) * u + 1, ((20 * u - 30) * u + 12) * u - 1];
      meanRank += weight * first;
      meanSkew += weight * second;
      meanTail += weight * third;
      const both = normalWeights[i] * weight * output;
      ownGini += both * first;
      ownSkew += both * second;
      ownTail += both * third;
    }
    agreement += normalWeights[i] * meanRank * meanRank;
    crossSkew += normalWeights[i] * value * meanSkew;
    crossTail += normalWeights[i] * value * meanTail;
  }
  return [3 * agreement, crossSkew / ownGini, ownSkew / ownGini, crossTail / ownGini, ownTail / ownGini];
}

/** Rank correlation over the population of the effect with effect plus noise. */
export function expectedCeiling({ reliability, effect, noise }: NoisyEffect): number {
  const [e, n] = [shapedVariable(effect), shapedVariable(noise)];
  const [effectScale, noiseScale] = [Math.sqrt(reliability), Math.sqrt(1 - reliability)];
  const rank = rankOfSum(e, effectScale, n, noiseScale);
  return (
    3 *
    normalMean((i) => {
      const meanRank = normalMean((k) => 2 * rank(effectScale * e.values[i] + noiseScale * n.values[k]) - 1);
      return (2 * normalCdf(normalNodes[i]) - 1) * meanRank;
    })
  );
}

/**
 * Distribution function of the sum of two variables, by cubic interpolation of its values on a grid. Each is the mean over
 * the narrower variable of the wider one's distribution function, which is smooth between the nodes of the narrower.
 */
function rankOfSum(
  first: ShapedVariable,
  firstScale: number,
  second: ShapedVariable,
  secondScale: number,
): (value: number) => number {
  const [narrow, narrowScale, wide, wideScale] =
    firstScale < secondScale ? [first, firstScale, second, secondScale] : [second, secondScale, first, firstScale];
  const reach = 7;
  const width = (2 * reach) / (gridSize - 1);
  const values = Float64Array.from({ length: gridSize }, (_, at) => {
    const value = at * width - reach;
    return normalMean((i) => wide.cdf((value - narrowScale * narrow.values[i]) / wideScale));
  });
  return (value) => {
    const place = (value + reach) / width;
    if (place <= 1) return values[0];
    if (place >= gridSize - 2) return values[gridSize - 1];
    const at = Math.floor(place);
    const t = place - at;
    const [a, b, c, d] = [values[at - 1], values[at], values[at + 1], values[at + 2]];
    return b + (t / 2) * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  };
}
