import { BenchError } from '@attribution-bench/contract';
import { principalComponents } from './principal-components.js';
import { standardiser } from './standardise.js';

/** Two sets of points in one space, [points × dims] and [others × dims]. */
export interface CommonSpace {
  readonly points: Float64Array;
  readonly others: Float64Array;
  readonly dims: number;
}

/**
 * Two sets of features standardised by the first, column by column, and, where `components` is not 0, projected on so
 * many of its principal components, or as many as it has.
 * @throws BenchError NUMERICS_NO_SPREAD when all points of the first set are the same
 * @param points [points × columns]
 * @param others [others × columns]
 */
export async function commonSpace(
  points: Float32Array,
  others: Float32Array,
  columns: number,
  components = 0,
): Promise<CommonSpace> {
  const { apply, dims } = standardiser(points, columns);
  const space = { points: apply(points), others: apply(others), dims };
  if (dims === 0)
    throw new BenchError({
      code: 'NUMERICS_NO_SPREAD',
      place: 'commonSpace',
      message: 'all training points have the same features, so no distance tells them apart',
      next: 'use another feature space',
    });
  if (components === 0) return space;
  const shape = { rows: points.length / columns, columns: dims };
  const { project, variances } = await principalComponents(space.points, shape, components);
  return { points: await project(space.points), others: await project(space.others), dims: variances.length };
}
