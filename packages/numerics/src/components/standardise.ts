import { requireCount, requireLength } from '../errors.js';

/** Takes the mean off every column and divides by its standard deviation (n - 1), both of a given set of points. */
export interface Standardiser {
  /** Columns that are left: those in which the given points do not all agree. */
  readonly dims: number;
  /** [points × columns] to [points × dims]. */
  apply(points: ArrayLike<number>): Float64Array;
}

/**
 * The standardiser of a set of points. Columns in which all of them agree have no scale and are left out.
 * @param points [points × columns]
 */
export function standardiser(points: ArrayLike<number>, columns: number): Standardiser {
  requireCount('standardiser', 'columns', columns, 1);
  const count = Math.floor(points.length / columns);
  requireLength('standardiser', 'the set of points', points, count * columns);
  const mean = new Float64Array(columns);
  const deviation = new Float64Array(columns);
  const varies = new Uint8Array(columns);
  for (let i = 0; i < points.length; i++) {
    const column = i % columns;
    mean[column] += points[i] / count;
    if (points[i] !== points[column]) varies[column] = 1;
  }
  for (let i = 0; i < points.length; i++) deviation[i % columns] += (points[i] - mean[i % columns]) ** 2 / (count - 1);
  const kept = Int32Array.from(mean.keys()).filter((column) => varies[column] === 1);
  return {
    dims: kept.length,
    apply(others) {
      const rows = Math.floor(others.length / columns);
      requireLength('standardiser', 'the set of points', others, rows * columns);
      const scaled = new Float64Array(rows * kept.length);
      for (let row = 0; row < rows; row++)
        for (let at = 0; at < kept.length; at++) {
          const column = kept[at];
          scaled[row * kept.length + at] =
            (others[row * columns + column] - mean[column]) / Math.sqrt(deviation[column]);
        }
      return scaled;
    },
  };
}
