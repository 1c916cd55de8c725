import { normalCdf } from './normal-distribution.js';

/** Shape of a standardised variable; both 0 for a normal one. */
export interface Shape {
  /** Positive for a long right tail. */
  readonly skew: number;
  /** Logarithm of the tail parameter: negative for tails heavier than normal ones. */
  readonly logTail: number;
}

/**
 * A variable of mean 0 and variance 1 that is sinh((asinh(Z) + skew) / tail) of a standard normal Z, less its mean, over its
 * standard deviation (Jones and Pewsey 2009, Biometrika 96).
 */
export interface ShapedVariable {
  /** Where Z is at {@link normalNodes}. */
  readonly values: Float64Array;
  cdf(value: number): number;
}

const step = 0.3;
const reach = 4.8;

/** Nodes of the trapezoidal rule for means over a standard normal variable, which is exact to 1e-5 for smooth functions. */
export const normalNodes: Float64Array = Float64Array.from(
  { length: Math.round((2 * reach) / step) + 1 },
  (_, i) => i * step - reach,
);
const densities = normalNodes.map((z) => Math.exp((-z * z) / 2));
const mass = densities.reduce((sum, density) => sum + density, 0);
/** By node; they sum to 1. */
export const normalWeights: Float64Array = densities.map((density) => density / mass);

/** Mean of a function of the node over a standard normal variable. */
export function normalMean(of: (node: number) => number): number {
  let sum = 0;
  for (let i = 0; i < normalWeights.length; i++) sum += normalWeights[i] * of(i);
  return sum;
}

export function shapedVariable({ skew, logTail }: Shape): ShapedVariable {
  const tail = Math.exp(logTail);
  const raw = normalNodes.map((z) => Math.sinh((Math.asinh(z) + skew) / tail));
  const centre = normalMean((i) => raw[i]);
  const scale = Math.sqrt(normalMean((i) => (raw[i] - centre) ** 2));
  return {
    values: raw.map((value) => (value - centre) / scale),
    cdf: (value) => normalCdf(Math.sinh(tail * Math.asinh(centre + scale * value) - skew)),
  };
}

/** Newton steps longer than this, in either parameter of a shape, lead astray. */
const longestStep = 0.2;

function within(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}

/** The shape whose skewness and excess kurtosis are those of the mean of `count` independent variables of a shape. */
export function shapeOfMean(shape: Shape, count: number): Shape {
  const [skewness, kurtosis] = momentsOf(shape);
  const [wantedSkewness, wantedKurtosis] = [skewness / Math.sqrt(count), kurtosis / count];
  let at: Shape = { skew: shape.skew / Math.sqrt(count), logTail: shape.logTail / count };
  const h = 1e-4;
  for (let i = 0; i < 20; i++) {
    const [s, k] = momentsOf(at);
    const [ds, dk] = [wantedSkewness - s, wantedKurtosis - k];
    if (Math.abs(ds) + Math.abs(dk) < 1e-6) break;
    const [sBySkew, kBySkew] = momentsOf({ ...at, skew: at.skew + h }).map((m, j) => (m - [s, k][j]) / h);
    const [sByTail, kByTail] = momentsOf({ ...at, logTail: at.logTail + h }).map((m, j) => (m - [s, k][j]) / h);
    const determinant = sBySkew * kByTail - sByTail * kBySkew;
    at = {
      skew: at.skew + within((ds * kByTail - dk * sByTail) / determinant, longestStep),
      logTail: at.logTail + within((dk * sBySkew - ds * kBySkew) / determinant, longestStep),
    };
  }
  return at;
}

/** Skewness and excess kurtosis. */
function momentsOf(shape: Shape): [number, number] {
  const { values } = shapedVariable(shape);
  return [normalMean((i) => values[i] ** 3), normalMean((i) => values[i] ** 4) - 3];
}
