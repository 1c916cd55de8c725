/** The group of a point that belongs to none. */
export const noGroup = -1;

/** Rows by their groups, in the order in which groups come first; a row of none is alone. @param groups of each row */
export function rowsByGroup(groups: Int32Array, rows: Iterable<number>): number[][] {
  const byGroup = new Map<number, number[]>();
  const units: number[][] = [];
  for (const row of rows) {
    const group = groups[row];
    const known = group === noGroup ? undefined : byGroup.get(group);
    if (known !== undefined) known.push(row);
    else {
      const unit = [row];
      units.push(unit);
      byGroup.set(group, unit);
    }
  }
  return units;
}
