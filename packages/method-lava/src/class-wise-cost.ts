import type { CancelSignal } from '@attribution-bench/contract';
import { squaredDistances } from '@attribution-bench/numerics';
import { sinkhorn } from './sinkhorn.js';

/** Labelled points, [points × dims] and [points]. */
export interface Labelled {
  readonly features: Float64Array;
  readonly labels: Int32Array;
}

export interface ClassWise {
  /** Weight of the distance of labels beside that of features. */
  readonly labelWeight: number;
  /** Weight of the entropy, as a share of the mean cost. */
  readonly entropy: number;
  readonly signal: CancelSignal;
}

/**
 * What moving a training point to a query costs, [points × others]: |x - x'|² + labelWeight W(y, y'), W the transport cost
 * from the training points of class y to the queries of class y' under |x - x'|² (equation 2 of Just et al. 2023).
 */
export async function classWiseCost(points: Labelled, others: Labelled, options: ClassWise): Promise<Float64Array> {
  const { labelWeight, entropy, signal } = options;
  const columns = others.labels.length;
  const cost = await squaredDistances(points.features, others.features, points.features.length / points.labels.length);
  const between = new Map<string, number>();
  const distanceOf = (own: number, other: number): number => {
    const key = `${own} ${other}`;
    const known = between.get(key);
    if (known !== undefined) return known;
    const rows = [...points.labels.keys()].filter((i) => points.labels[i] === own);
    const chosen = [...others.labels.keys()].filter((j) => others.labels[j] === other);
    const block = Float64Array.from(rows.flatMap((i) => chosen.map((j) => cost[i * columns + j])));
    const problem = { cost: block, rows: rows.length, columns: chosen.length, signal };
    const distance = sinkhorn({ ...problem, entropy: shareOfMean(block, entropy) }).cost;
    between.set(key, distance);
    return distance;
  };
  return Float64Array.from(
    cost,
    (squared, at) =>
      squared + labelWeight * distanceOf(points.labels[Math.floor(at / columns)], others.labels[at % columns]),
  );
}

/** A share of the mean cost; 1 where all costs are 0, and any entropy will do. */
export function shareOfMean(cost: Float64Array, share: number): number {
  const mean = cost.reduce((sum, value) => sum + value, 0) / cost.length;
  return mean > 0 ? share * mean : 1;
}
