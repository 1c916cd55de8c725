import { weightsOfPoints } from './subset-masks.js';

/**
 * For each query and point the mean target over the subsets that keep the point minus the mean over those that do not,
 * [queries × train]; 0 for a point that all subsets keep, or none.
 * @param members points that each subset keeps
 * @param targets [subsets × queries]
 * @param onBlock called with the share of the points done
 */
export async function withMinusWithout(
  members: readonly Int32Array[],
  targets: Float64Array,
  { train, queries }: { readonly train: number; readonly queries: number },
  onBlock: (share: number) => void,
): Promise<Float32Array> {
  const subsets = members.length;
  const kept = new Int32Array(train);
  for (const subset of members) for (const point of subset) kept[point]++;
  const means = new Float64Array(queries);
  for (const [at, target] of targets.entries()) means[at % queries] += target / subsets;
  // Of centred targets the sum over the subsets without a point is minus that over those with it.
  const centred = targets.map((target, at) => target - means[at % queries]);
  const differences = await weightsOfPoints(centred, members, { train, queries }, onBlock);
  for (let at = 0; at < differences.length; at++) {
    const count = kept[at % train];
    differences[at] = count === 0 || count === subsets ? 0 : differences[at] * (1 / count + 1 / (subsets - count));
  }
  return differences;
}
