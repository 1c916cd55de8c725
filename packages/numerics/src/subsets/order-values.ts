import { meanGainsByPosition, type OrderStep } from './semivalues.js';

/** Models trained on the first points of random orders: those of the shortest prefix of all orders first. */
export interface OrderOutcomes {
  readonly members: readonly Int32Array[];
  /** [models × queries] */
  readonly targets: Float64Array;
  readonly orders: number;
}

/**
 * Semivalues of points for each query from few prefixes of random orders, [queries × train]: what the points between two prefixes
 * gained together is spread evenly over them, averaged by position, and weighted. Points of the shortest prefix gain nothing
 * there, and a point that no order has at a position gets the mean over all points.
 * @param weights of positions, [train], see `betaShapleyWeights`
 * @param tolerance an order gains nothing more once it is as near to its end as this share of what it gained from its shortest
 *   prefix on; 0: it always goes on
 * @param onQuery called between queries with the share of them done
 */
export function orderValues(
  { members, targets, orders }: OrderOutcomes,
  { train, queries }: { readonly train: number; readonly queries: number },
  { weights, tolerance }: { readonly weights: Float64Array; readonly tolerance: number },
  onQuery: (done: number) => void,
): Float32Array {
  const prefixes = members.length / orders;
  const starts = Array.from({ length: prefixes - 1 }, (_, k) => members[k * orders].length);
  const weightOf = starts.map((start, k) =>
    weights.subarray(start, starts[k + 1] ?? train).reduce((sum, weight) => sum + weight, 0),
  );
  const added = starts.map((_, k) =>
    Array.from({ length: orders }, (_, order) =>
      difference(members[(k + 1) * orders + order], members[k * orders + order]),
    ),
  );
  const values = new Float32Array(queries * train);
  for (let query = 0; query < queries; query++) {
    onQuery(query / queries);
    const utility = (k: number, order: number) => targets[(k * orders + order) * queries + query];
    const steps = Array.from({ length: orders }, (_, order): OrderStep[] => {
      const last = utility(prefixes - 1, order);
      const close = tolerance * Math.abs(last - utility(0, order));
      let reached = utility(0, order);
      return starts.map((position, k) => {
        const gain = tolerance > 0 && Math.abs(last - reached) <= close ? 0 : utility(k + 1, order) - reached;
        reached += gain;
        return { position, points: added[k][order], gain };
      });
    });
    const { means, counts } = meanGainsByPosition(steps, starts, train);
    for (const [k, weight] of weightOf.entries()) {
      const ofAll = steps.reduce((sum, own) => sum + own[k].gain / own[k].points.length / orders, 0);
      for (let point = 0; point < train; point++) {
        const at = point * starts.length + k;
        values[query * train + point] += weight * (counts[at] > 0 ? means[at] : ofAll);
      }
    }
  }
  return values;
}

/** Members of one subset that another one, part of it, does not have; both ascending. */
function difference(larger: Int32Array, smaller: Int32Array): Int32Array {
  let at = 0;
  return larger.filter((point) => {
    if (smaller[at] !== point) return true;
    at++;
    return false;
  });
}
