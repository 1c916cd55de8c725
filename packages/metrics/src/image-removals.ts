import {
  int,
  type MeanResult,
  type MeasuredTask,
  type MetricContext,
  num,
  type Params,
  type Retrained,
  type RetrainRequest,
  type Rng,
  type Split,
  type TaskInfo,
} from '@attribution-bench/contract';
import { mean } from '@attribution-bench/numerics';
import { highestScored, percentOf, pointsOf, retrainedTimes, without } from './members.js';

/** Which points are removed for which generated images: the same parameters ask for the same models. */
export const removalParams = {
  images: int({ default: 16, min: 1, help: 'generated queries that are drawn again, at most' }),
  share: num({ default: 0.2, min: 0.001, max: 0.95, help: 'share of the training set that is removed' }),
  draws: int({
    default: 4,
    min: 1,
    help: 'random removals to compare with; intervals count their randomness from 2 on',
  }),
  seeds: int({
    default: 1,
    min: 1,
    help: 'retrainings of each removal; intervals count the randomness of retraining from 2 on',
  }),
};

/** What is asked of scores, in words. `change`: what happens to an image. */
export function removalQuestion(
  { images, share, draws, seeds }: Params<typeof removalParams>,
  { train }: MeasuredTask,
  change: string,
): string {
  return (
    `by how much more does ${change} without the ${percentOf(share)} % of ${train} training points that score highest for it than ` +
    `without as many random ones (up to ${images} images, ${draws} random removals, ${retrainedTimes(seeds)})`
  );
}

/**
 * Three requests per seed: all training points, random removals, and for each image a removal of the points that score
 * highest for it.
 */
export function imageRemovals(
  ctx: MetricContext,
  { images, share, draws, seeds }: Params<typeof removalParams>,
  split: Split,
  rng: Rng,
): RetrainRequest[] {
  const { train } = ctx.task;
  const count = pointsOf(share, train);
  const generate = sampledImages(ctx.task, split, images, rng);
  const random = Array.from({ length: draws }, () => without(train, rng.subset(train, count)));
  const first = ctx.task.queries - (ctx.task.generated ?? 0);
  const attributed = generate.map((image) => without(train, highestScored(ctx, first + image, count)));
  const all = [without(train, [])];
  return Array.from({ length: seeds }, (_, seed) =>
    [all, random, attributed].map((members): RetrainRequest => ({ members, seed, generate })),
  ).flat();
}

/**
 * By how much farther each image moves when its own points are removed than when random ones are, averaged over random
 * removals and seeds.
 * @param retrained what {@link imageRemovals} asked for
 * @param drawn the images of each model in some space, [images × dims]
 * @param distance between two images
 */
export function extraChange(
  retrained: readonly Retrained[],
  drawn: (models: Retrained) => readonly Float32Array[] | undefined,
  distance: (a: Float32Array, b: Float32Array) => number,
): MeanResult {
  const images = retrained[0]?.generate?.length ?? 0;
  const changes = Array.from({ length: retrained.length / 3 }, (_, seed) => {
    const [[all], random, attributed] = retrained.slice(3 * seed, 3 * seed + 3).map((models) => drawn(models) ?? []);
    const moved = (model: Float32Array, image: number) => distance(imageOf(model, image), imageOf(all, image));
    return Array.from({ length: images }, (_, image) =>
      random.map((model) => moved(attributed[image], image) - moved(model, image)),
    );
  });
  const draws = retrained[1]?.members.length ?? 0;
  const perSampledQuery = Float64Array.from({ length: images }, (_, image) =>
    mean(changes.map((ofSeed) => mean(ofSeed[image]))),
  );
  const retrainings = changes.flatMap((ofSeed) => ofSeed.map((ofImage) => mean(ofImage)));
  const removals = Array.from({ length: draws * images }, (_, i) =>
    mean(changes.map((ofSeed) => ofSeed[i % images][Math.floor(i / images)])),
  );
  return {
    kind: 'mean',
    value: mean(perSampledQuery),
    perSampledQuery,
    repeats: { retrainings: Float64Array.from(retrainings), removals: Float64Array.from(removals) },
  };

  function imageOf(model: Float32Array, image: number): Float32Array {
    const dims = model.length / images;
    return model.subarray(image * dims, (image + 1) * dims);
  }
}

/** Numbers of generated queries of the split, ascending; all of them, or a sample. */
function sampledImages({ queries, generated = 0 }: TaskInfo, split: Split, most: number, rng: Rng): number[] {
  const first = queries - generated;
  const own = Array.from(split.queries).filter((query) => query >= first);
  return Array.from(rng.subset(own.length, Math.min(most, own.length)), (at) => own[at] - first);
}
