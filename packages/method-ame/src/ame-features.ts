/**
 * What a linear model is fitted to, so that its weights are average marginal effects up to a factor (Lin et al.
 * 2022): 1 / p for a point that a subset keeps and -1 / (1 - p) for one that it does not, both divided by √v with v the mean of
 * 1 / (p (1 - p)) over the probabilities p. Features then have mean 0 and variance 1, and weights are effects divided by √v.
 */
export interface AmeFeatures {
  /** [train × subsets] */
  readonly columns: Float64Array;
  /** √v */
  readonly scale: number;
}

/** @param members points of each subset, as many for each share as for the others, in the order of the shares */
export function ameFeatures(members: readonly Int32Array[], shares: readonly number[], train: number): AmeFeatures {
  const subsets = members.length;
  const scale = Math.sqrt(shares.reduce((sum, share) => sum + 1 / (share * (1 - share)) / shares.length, 0));
  const columns = new Float64Array(train * subsets);
  for (const [subset, kept] of members.entries()) {
    const share = shares[Math.floor((subset * shares.length) / subsets)];
    for (let point = 0; point < train; point++) columns[point * subsets + subset] = -1 / (1 - share) / scale;
    for (const point of kept) columns[point * subsets + subset] = 1 / share / scale;
  }
  return { columns, scale };
}

/**
 * Targets less the mean over the subsets of the same share. Features have mean 0 at every share, so effects are the same, without
 * the noise of what the size of a subset does.
 * @param targets [subsets × queries]
 */
export function centredByShare(targets: Float64Array, subsets: number, shares: number): Float64Array {
  const each = targets.length / shares;
  const queries = targets.length / subsets;
  const centred = targets.slice();
  for (let share = 0; share < shares; share++)
    for (let query = 0; query < queries; query++) {
      const places = Array.from({ length: subsets / shares }, (_, row) => share * each + row * queries + query);
      const mean = places.reduce((sum, at) => sum + targets[at] / places.length, 0);
      for (const at of places) centred[at] -= mean;
    }
  return centred;
}
