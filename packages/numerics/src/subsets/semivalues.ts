/** Points that one step of a random order adds, and by how much they raised the utility together. */
export interface OrderStep {
  /** How many points came before. */
  readonly position: number;
  readonly points: Int32Array;
  readonly gain: number;
}

export interface PositionMeans {
  /** Mean gain of a point over the orders that added it at a position, [train × positions]; 0 where none did. */
  readonly means: Float64Array;
  /** How many orders those are, [train × positions]. */
  readonly counts: Int32Array;
}

/**
 * Mean marginal contribution of each point by its position in random orders. What several points gained together is spread
 * evenly over them.
 * @param orders each the steps of one order
 * @param positions ascending; every step is at one of them
 */
export function meanGainsByPosition(
  orders: readonly (readonly OrderStep[])[],
  positions: readonly number[],
  train: number,
): PositionMeans {
  const means = new Float64Array(train * positions.length);
  const counts = new Int32Array(train * positions.length);
  const columnOf = new Map(positions.map((position, column) => [position, column]));
  for (const steps of orders)
    for (const { position, points, gain } of steps) {
      const column = columnOf.get(position);
      if (column === undefined)
        throw new RangeError(`a step is at position ${position}, which is none of the positions`);
      for (const point of points) {
        means[point * positions.length + column] += gain / points.length;
        counts[point * positions.length + column]++;
      }
    }
  for (const [at, count] of counts.entries()) if (count > 0) means[at] /= count;
  return { means, counts };
}

/**
 * Weights of Beta(alpha, beta) Shapley by how many points came before, [n], with sum 1 (Kwon and Zou 2022):
 * proportional to B(j + beta, n - 1 - j + alpha) C(n - 1, j) at j. Beta(1, 1) is the Shapley value, where all are 1/n; with
 * alpha above beta small subsets count more.
 */
export function betaShapleyWeights(n: number, alpha: number, beta: number): Float64Array {
  // Ratio of neighbours: C(n-1, j+1) / C(n-1, j) = (n-1-j) / (j+1), and of the beta functions (j+beta) / (n-2-j+alpha).
  const logs = new Float64Array(n);
  for (let j = 0; j + 1 < n; j++)
    logs[j + 1] = logs[j] + Math.log((n - 1 - j) / (j + 1)) + Math.log((j + beta) / (n - 2 - j + alpha));
  const top = logs.reduce((most, log) => Math.max(most, log), Number.NEGATIVE_INFINITY);
  const weights = logs.map((log) => Math.exp(log - top));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
