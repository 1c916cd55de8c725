import { BenchError } from '@attribution-bench/contract';
import { principalComponents } from '@attribution-bench/numerics';

/**
 * Turns images into coordinates along the leading principal components of the training points, about their mean.
 * @param train [points × dims]
 * @param components how many; fewer where the points span fewer directions
 * @throws BenchError METRIC_NO_COMPONENTS when all training points are the same
 * @returns of images [images × dims], their coordinates [images × components]
 */
export async function imageComponents(
  train: Float32Array,
  dims: number,
  components: number,
): Promise<(images: Float32Array) => Promise<Float32Array>> {
  const { project, variances } = await principalComponents(
    train,
    { rows: train.length / dims, columns: dims },
    components,
  );
  if (variances.length === 0)
    throw new BenchError({
      code: 'METRIC_NO_COMPONENTS',
      place: 'space: components',
      message: 'all training points are the same, so they have no principal components',
      next: 'compare images in another space, such as pixels',
    });
  return async (images) => Float32Array.from(await project(images));
}
