import type { NumericArray } from '@attribution-bench/contract';
import type { Pass } from './pass.js';

/** Feeds of these training points, in any order, padded to `samples` points; what points share is taken from the first. */
export function gatheredFeeds(pass: Pass, points: Int32Array, samples: number): Record<string, NumericArray> {
  const feeds = pass.feeds('train', points[0], 1, samples);
  const [one, many] = [pass.specs(1), pass.specs(samples)];
  for (const [place, point] of points.entries()) {
    if (place === 0) continue;
    const own = pass.feeds('train', point, 1, 1);
    for (const [name, { shape }] of Object.entries(many))
      if (shape[0] !== one[name].shape[0]) feeds[name].set(own[name], place * own[name].length);
  }
  return feeds;
}
