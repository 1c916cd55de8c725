import { choice, defineMethod, extractorParam, featureRequest, int } from '@attribution-bench/contract';
import { pointsByDistance } from '@attribution-bench/numerics';

/**
 * KNN-Shapley (Jia et al. 2019, theorem 1): the exact Shapley value of each training point in the probability that a
 * classifier of the K nearest neighbours gives the label of the query.
 */
export default defineMethod({
  id: 'knn-shapley',
  title: 'KNN-Shapley',
  family: 'similarity',
  origin: 'published',
  cite: 'Jia et al. 2019, arXiv:1908.08619',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier'],
  needs: ['features', 'labels', 'checkpoints'],
  params: {
    k: int({ default: 10, min: 1, search: [1, 3, 5, 10, 20, 50], help: 'nearest neighbours that vote' }),
    space: choice(['penultimate', 'inputs', 'onnx'], {
      default: 'penultimate',
      search: ['penultimate', 'inputs'],
      help: 'where neighbours are near: the input of the last layer of a trained model, pixels, or an ONNX extractor',
    }),
    distance: choice(['euclidean', 'cosine'], {
      default: 'euclidean',
      search: ['euclidean', 'cosine'],
      help: 'between features',
    }),
    extractor: extractorParam,
  },
  uses: ({ space }) => ({ checkpoints: space === 'penultimate' ? 1 : 0 }),
  async score(ctx, { k, space, distance, extractor }) {
    const { train, queries } = ctx.task;
    const points = await ctx.features(featureRequest('train', space, extractor, ctx.checkpoints[0]));
    const others = await ctx.features(featureRequest('queries', space, extractor, ctx.checkpoints[0]));
    const labels = ctx.labels('train');
    const queryLabels = ctx.labels('queries');
    const orders = pointsByDistance({
      queries: others.data,
      points: points.data,
      dims: points.shape[1],
      distance: distance === 'euclidean' ? 'squared-euclidean' : 'cosine',
    });
    const scores = new Float32Array(queries * train);
    let query = 0;
    for await (const order of orders) {
      ctx.signal.throwIfAborted();
      scores.set(knnShapley(order, labels, queryLabels[query], k), query * train);
      query++;
      ctx.progress(query / queries);
    }
    return scores;
  },
});

/**
 * Shapley values of all points for one query, [points]. With points α₁ … α_n from the nearest on, m the indicator of a
 * label equal to the query's:
 * s(α_n) = m(α_n) min(K, n) / (K n),  s(α_i) = s(α_i+1) + (m(α_i) - m(α_i+1)) min(K, i) / (K i).
 * @param order points from the nearest to the farthest
 */
export function knnShapley(
  order: ArrayLike<number>,
  labels: ArrayLike<number>,
  queryLabel: number,
  k: number,
): Float64Array {
  const values = new Float64Array(order.length);
  let value = 0;
  let farther = 0;
  for (let i = order.length; i >= 1; i--) {
    const point = order[i - 1];
    const match = labels[point] === queryLabel ? 1 : 0;
    value += ((match - farther) * Math.min(k, i)) / (k * i);
    values[point] = value;
    farther = match;
  }
  return values;
}
