import type { ImageSpace, Retrained } from '@attribution-bench/contract';
import { imageComponents } from '@attribution-bench/metrics';
import { normalisationOf, onnxFeatures } from '@attribution-bench/tasks';
import type { TaskSource } from '../model/job.js';
import { readData } from './read-data.js';
import type { StepContext } from './step-context.js';

type ImagesOfModels = readonly Float32Array[];

/**
 * Adds the features of what models drew, of all models at once.
 * @throws BenchError FEATURES_* when the ONNX extractor cannot be had or does not fit
 */
export async function withFeatures(
  retrained: readonly Retrained[],
  space: ImageSpace,
  source: TaskSource,
  ctx: StepContext,
): Promise<Retrained[]> {
  const features = await featuresOf(
    retrained.flatMap(({ images = [] }) => images),
    space,
    source,
    ctx,
  );
  let next = 0;
  return retrained.map((request) => {
    const count = request.images?.length ?? 0;
    next += count;
    return { ...request, features: features.slice(next - count, next) };
  });
}

async function featuresOf(
  models: ImagesOfModels,
  space: ImageSpace,
  source: TaskSource,
  { store, points, environment, cancel, log }: StepContext,
): Promise<ImagesOfModels> {
  if (space.space === 'pixels' || models.length === 0) return models;
  const { inputs, inputShape } = await readData(store, { dataset: source.dataset }, points);
  const dims = inputShape.reduce((product, size) => product * size, 1);
  const all = concatenated(models);
  const features =
    space.space === 'components'
      ? await (await imageComponents(inputs, dims, space.components))(all)
      : (
          await onnxFeatures(
            space.extractor,
            { inputs: all, inputShape, normalisation: normalisationOf(source.spec, true) },
            { ...environment, log },
            cancel,
          )
        ).data;
  const each = features.length / models.length;
  return models.map((_, model) => features.subarray(model * each, (model + 1) * each));
}

function concatenated(parts: ImagesOfModels): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
