import { principalComponents } from '@attribution-bench/numerics';

/**
 * Turns images into coordinates along the leading principal components of the training points, about their mean.
 * @param train [points × dims]
 * @param components how many; fewer where the points span fewer directions
 * @returns of images [images × dims], their coordinates [images × components]
 */
export async function imageComponents(
  train: Float32Array,
  dims: number,
  components: number,
): Promise<(images: Float32Array) => Promise<Float32Array>> {
  const { project } = await principalComponents(train, { rows: train.length / dims, columns: dims }, components);
  return async (images) => Float32Array.from(await project(images));
}
