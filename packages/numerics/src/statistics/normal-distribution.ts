import { errorFunction } from 'simple-statistics';

/** Distribution function of the standard normal variable, to 1e-7. */
export function normalCdf(z: number): number {
  return (1 + errorFunction(z / Math.SQRT2)) / 2;
}

/** Nodes and weights of Gauss and Legendre on [-1, 1], of 8 points. */
const gaussNodes = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363];
const gaussWeights = [0.362683783378362, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763];

/**
 * Owen's T(z, slope) for slopes of at most 1: the chance that a standard normal X exceeds z and another one lies between 0
 * and slope · X (Owen 1956, Annals of Mathematical Statistics 27), by Gauss-Legendre quadrature to 1e-9.
 */
export function normalTangentMass(z: number, slope: number): number {
  let sum = 0;
  gaussNodes.forEach((node, i) => {
    for (const x of [(slope * (1 + node)) / 2, (slope * (1 - node)) / 2])
      sum += gaussWeights[i] * (Math.exp((-z * z * (1 + x * x)) / 2) / (1 + x * x));
  });
  return (slope / 2) * (sum / (2 * Math.PI));
}
