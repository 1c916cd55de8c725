/** How pixels of the old and the new grid are matched, in TensorFlow.js's words. */
export interface ResizeGrid {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/**
 * Resizing one axis is a product with this matrix [to × from], row-major: each new pixel is a mean of old ones, weighted
 * by nearness (`bilinear`) or all from the nearest.
 */
export function resizeMatrix(
  from: number,
  to: number,
  method: 'nearest' | 'bilinear',
  { alignCorners, halfPixelCenters }: ResizeGrid,
): Float32Array {
  const aligned = alignCorners && to > 1;
  const ratio = aligned ? (from - 1) / (to - 1) : from / to;
  const matrix = new Float32Array(to * from);
  for (let row = 0; row < to; row++) {
    if (method === 'nearest') {
      const place = ratio * (halfPixelCenters ? row + 0.5 : row);
      const nearest = alignCorners ? Math.round(place) : Math.floor(place);
      matrix[row * from + Math.max(0, Math.min(from - 1, nearest))] = 1;
      continue;
    }
    const place = halfPixelCenters ? ratio * (row + 0.5) - 0.5 : ratio * row;
    const below = Math.max(0, Math.floor(place));
    const above = Math.min(from - 1, Math.ceil(place));
    matrix[row * from + below] += 1 - (place - below);
    matrix[row * from + above] += place - below;
  }
  return matrix;
}

/** The whole number by which nearest-neighbour resizing repeats every pixel, if it does that. */
export function repeats(from: number, to: number, { alignCorners }: ResizeGrid): number | undefined {
  return !alignCorners && to % from === 0 ? to / from : undefined;
}
