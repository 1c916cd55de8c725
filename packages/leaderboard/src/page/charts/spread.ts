import type { Span } from './drawing.js';

/** Heights near the given ones (ascending or not), in their order, at least `gap` apart and within the span where there is room. */
export function spread(heights: readonly number[], gap: number, { from, to }: Span): number[] {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b] || a - b);
  // Groups of neighbours that touch, each as near to what its members want as it can be.
  interface Group {
    readonly wanted: number;
    readonly count: number;
  }
  const groups: Group[] = [];
  const startOf = ({ wanted, count }: Group) =>
    Math.max(from, Math.min(to - (count - 1) * gap, wanted - ((count - 1) * gap) / 2));
  for (const item of order) {
    let group: Group = { wanted: heights[item], count: 1 };
    for (let last = groups.at(-1); last !== undefined; last = groups.at(-1)) {
      if (startOf(last) + last.count * gap <= startOf(group)) break;
      groups.pop();
      const count = last.count + group.count;
      group = { wanted: (last.wanted * last.count + group.wanted * group.count) / count, count };
    }
    groups.push(group);
  }
  const placed = groups.flatMap((group) => Array.from({ length: group.count }, (_, i) => startOf(group) + i * gap));
  const result = [...heights];
  order.forEach((item, place) => {
    result[item] = placed[place];
  });
  return result;
}
