import {
  choice,
  defineMetric,
  int,
  type MetricContext,
  num,
  type RetrainRequest,
  type Rng,
  type Split,
  type TaskInfo,
} from '@attribution-bench/contract';
import { without } from './members.js';

/** Between two images, pixels in [-1, 1]. */
const distances = {
  l2: (a: Float32Array, b: Float32Array) => Math.sqrt(dot(a, a) - 2 * dot(a, b) + dot(b, b)),
  cosine: (a: Float32Array, b: Float32Array) => 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)),
} as const;

/**
 * Counterfactual evaluation of a generator (Zheng et al. 2024, D-TRAK, section 4.2): the training points that a method
 * holds most responsible for a generated image are removed, the model is trained without them and draws the image again
 * from the same noise. The value is how much farther the image moves than without as many random points, averaged over
 * images, removals and seeds: 0 for random scores. Images are compared with those of a model trained on all points with
 * the same seed, where the paper compares with the first image, whose seed is another, so that less of the distance is
 * the seed's.
 */
export const counterfactual = defineMetric({
  id: 'counterfactual',
  title: 'Counterfactual image change',
  revision: 1,
  higherIsBetter: true,
  needs: ['generated'],
  params: {
    images: int({ default: 16, min: 1, help: 'generated queries that are drawn again, at most' }),
    share: num({ default: 0.2, min: 0.001, max: 0.95, help: 'share of the training set that is removed' }),
    draws: int({ default: 4, min: 1, help: 'random removals to compare with' }),
    seeds: int({ default: 1, min: 1, help: 'retrainings of each removal' }),
    distance: choice(['l2', 'cosine'], { default: 'l2', help: 'between images: Euclidean, or 1 - cosine, of pixels' }),
  },
  retrainings(ctx, { images, share, draws, seeds }, split, rng) {
    const { train } = ctx.task;
    const count = Math.max(1, Math.round(share * train));
    const generate = sampledImages(ctx.task, split, images, rng);
    const random = Array.from({ length: draws }, () => without(train, rng.subset(train, count)));
    const attributed = generate.map((image) => without(train, highest(ctx, image, count)));
    const all = [without(train, [])];
    return Array.from({ length: seeds }, (_, seed): RetrainRequest[] =>
      [all, random, attributed].map((members) => ({ members, seed, generate })),
    ).flat();
  },
  evaluate({ retrained = [] }, { distance }) {
    const between = distances[distance];
    const images = retrained[0]?.generate?.length ?? 0;
    const seeds = retrained.length / 3;
    const perSampledQuery = new Float64Array(images);
    for (let at = 0; at < retrained.length; at += 3) {
      const [all, random, attributed] = retrained.slice(at, at + 3).map(({ images: drawn = [] }) => drawn);
      const imageOf = (drawn: Float32Array, i: number) => {
        const dims = drawn.length / images;
        return drawn.subarray(i * dims, (i + 1) * dims);
      };
      for (let i = 0; i < images; i++) {
        const moved = (drawn: Float32Array) => between(imageOf(drawn, i), imageOf(all[0], i));
        perSampledQuery[i] += (moved(attributed[i]) - mean(random.map(moved))) / seeds;
      }
    }
    return { value: mean([...perSampledQuery]), perSampledQuery };
  },
});

/** Numbers of generated queries of the split, ascending; all of them, or a sample. */
function sampledImages({ queries, generated = 0 }: TaskInfo, split: Split, most: number, rng: Rng): number[] {
  const first = queries - generated;
  const own = Array.from(split.queries).filter((query) => query >= first);
  return Array.from(rng.subset(own.length, Math.min(most, own.length)), (at) => own[at] - first);
}

/** The training points that score highest for a generated image; ties in their own order. */
function highest({ scores, output, task }: MetricContext, image: number, count: number): Int32Array {
  const { train, queries, generated = 0 } = task;
  const row = output === 'pairwise' ? (queries - generated + image) * train : 0;
  return Int32Array.from({ length: train }, (_, point) => point)
    .sort((a, b) => scores[row + b] - scores[row + a] || a - b)
    .slice(0, count);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
