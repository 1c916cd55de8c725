/**
 * Letters such that two items share one exactly when they are not told apart (compact letter display by insertion and
 * absorption, Piepho 2004). Items are numbered from best to worst and the best one's group is `a`.
 * @param differs whether items i and j are told apart; symmetric
 */
export function tieGroups(size: number, differs: (i: number, j: number) => boolean): string[] {
  let groups: Set<number>[] = size === 0 ? [] : [new Set(Array.from({ length: size }, (_, i) => i))];
  for (let i = 0; i < size; i++) {
    for (let j = i + 1; j < size; j++) {
      if (!differs(i, j)) continue;
      groups = withoutContained(
        groups.flatMap((group) => (group.has(i) && group.has(j) ? [without(group, j), without(group, i)] : [group])),
      );
    }
  }
  const ordered = groups.map((group) => [...group].sort((i, j) => i - j)).sort(byMembers);
  const letters = Array.from({ length: size }, () => '');
  ordered.forEach((group, g) => {
    for (const item of group) letters[item] += letterOf(g);
  });
  return letters;
}

function without(group: ReadonlySet<number>, item: number): Set<number> {
  const rest = new Set(group);
  rest.delete(item);
  return rest;
}

function withoutContained(groups: readonly Set<number>[]): Set<number>[] {
  const kept: Set<number>[] = [];
  for (const group of [...groups].sort((a, b) => b.size - a.size)) {
    if (!kept.some((larger) => [...group].every((item) => larger.has(item)))) kept.push(group);
  }
  return kept;
}

function byMembers(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** Letters of an item, one by one. */
export function lettersOf(groups: string): string[] {
  return groups.match(/\(\d+\)|./g) ?? [];
}

/** a to z, then A to Z, then numbers in parentheses. */
function letterOf(group: number): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
  return alphabet[group] ?? `(${group + 1})`;
}
