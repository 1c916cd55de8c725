/** A point that is to have a label, in pixels. */
export interface LabelledPoint {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const characterWidth = 7.1;
const lineHeight = 14;
const distance = 8;

/**
 * Where the centres of labels go so that none covers another or a point, the first points first; undefined for those
 * that find no room.
 */
export function placeLabels(
  points: readonly LabelledPoint[],
  width: number,
  height: number,
): ({ x: number; y: number } | undefined)[] {
  const taken: Box[] = points.map(({ x, y }) => ({ left: x - 5, right: x + 5, top: y - 5, bottom: y + 5 }));
  return points.map(({ x, y, text }) => {
    const half = (text.length * characterWidth) / 2;
    const aside = distance + half;
    const candidates = [
      [x + aside, y],
      [x - aside, y],
      [x, y - distance - lineHeight / 2],
      [x, y + distance + lineHeight / 2],
      [x + aside, y - 11],
      [x + aside, y + 11],
      [x - aside, y - 11],
      [x - aside, y + 11],
    ].map(([cx, cy]) => ({ x: cx, y: cy }));
    const chosen = candidates.find((centre) => {
      const box = boxAround(centre, half);
      const inside = box.left >= 0 && box.right <= width && box.top >= 0 && box.bottom <= height;
      return inside && !taken.some((other) => overlap(box, other));
    });
    if (chosen !== undefined) taken.push(boxAround(chosen, half));
    return chosen;
  });
}

function boxAround({ x, y }: { x: number; y: number }, half: number): Box {
  return { left: x - half, right: x + half, top: y - lineHeight / 2, bottom: y + lineHeight / 2 };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Heights near the given ones (ascending or not) that are at least `gap` apart, in the given order of points. */
export function spread(heights: readonly number[], gap: number): number[] {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b] || a - b);
  const placed = order.map((i) => heights[i]);
  for (let pass = 0; pass < 200; pass++) {
    let moved = false;
    for (let i = 1; i < placed.length; i++) {
      const lack = gap - (placed[i] - placed[i - 1]);
      if (lack <= 1e-9) continue;
      placed[i - 1] -= lack / 2;
      placed[i] += lack / 2;
      moved = true;
    }
    if (!moved) break;
  }
  const result = [...heights];
  order.forEach((point, i) => {
    result[point] = placed[i];
  });
  return result;
}
