import {
  choice,
  defineMethod,
  extractorParam,
  type FeatureRequest,
  featureRequest,
  int,
  num,
} from '@attribution-bench/contract';
import { commonSpace } from '@attribution-bench/numerics';
import { contributions } from './contributions.js';
import { contributorsAmong, findCandidates } from './contributors.js';
import { realism } from './realism.js';

const spaces = ['inputs', 'penultimate', 'onnx'] as const;

/**
 * GMValuator (Yang et al. 2025): a query's value is shared out among the training points most like it, without any
 * training. The paper values the training set of a generator by the images it generated, with LPIPS or DreamSim as the
 * distance and MANIQA as the quality; here the distance is one of features, the quality is the realism of the query or
 * 1, and held-out points of a classifier are valued in the same way.
 */
export default defineMethod({
  id: 'gmvaluator',
  title: 'GMValuator',
  family: 'similarity',
  origin: 'adapted',
  cite: 'after Yang et al. 2025, arXiv:2304.10701',
  revision: 2,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'generator'],
  needs: ['features', 'checkpoints'],
  params: {
    contributors: int({
      default: 50,
      min: 1,
      search: [5, 10, 20, 50, 100],
      help: 'training points that share in a query',
    }),
    candidates: int({ default: 200, min: 1, help: 'training points that recall finds for each query' }),
    recall: choice(spaces, {
      default: 'inputs',
      help: 'features of recall: pixels, the input of the last layer of a trained model, or of an ONNX extractor',
    }),
    recallComponents: int({
      default: 32,
      min: 0,
      help: 'principal components of those features that are kept; 0: all features',
    }),
    rerank: choice([...spaces, 'none'], {
      default: 'inputs',
      help: 'features by which the candidates are ordered again; none: the distances of recall stand',
    }),
    rerankComponents: int({ default: 0, min: 0, help: 'the same of the features of re-ranking' }),
    distance: choice(['euclidean', 'cosine'], {
      default: 'euclidean',
      search: ['euclidean', 'cosine'],
      help: 'between standardised features',
    }),
    temperature: num({
      default: 1,
      min: 1e-6,
      search: { from: 0.1, to: 10, scale: 'log' },
      help: 'distances are divided by it before their exponential',
    }),
    quality: choice(['none', 'realism'], {
      default: 'none',
      help: 'weight of a query: 1, or how much it lies among training points, from 0 to 1',
    }),
    valuation: choice(['per-query', 'global'], {
      default: 'per-query',
      help: 'global: the value of a point summed over all queries, given to each of them',
    }),
    extractor: extractorParam,
  },
  uses: ({ recall, rerank }) => ({ checkpoints: recall === 'penultimate' || rerank === 'penultimate' ? 1 : 0 }),
  supports: (_task, { contributors, candidates }) =>
    contributors <= candidates || `candidates is ${candidates}, fewer than the ${contributors} contributors`,
  stages: {
    queries: [
      'candidates',
      'recall',
      'recallComponents',
      'rerank',
      'rerankComponents',
      'distance',
      'quality',
      'extractor',
    ],
  },

  /** `points` and `distances`: candidates of each query, [queries × candidates]; `quality`: its weight, [queries]. */
  async queries(ctx, params) {
    const { queries } = ctx.task;
    const open = async (space: FeatureRequest['space'], components: number) => {
      ctx.signal.throwIfAborted();
      const request = (of: 'train' | 'queries') => featureRequest(of, space, params.extractor, ctx.checkpoints[0]);
      const points = await ctx.features(request('train'));
      const others = await ctx.features(request('queries'));
      const common = await commonSpace(points.data, others.data, points.shape[1], components);
      if (components > common.dims)
        ctx.log(`the training points span ${common.dims} principal components, fewer than the ${components} asked for`);
      return common;
    };
    const recall = await open(params.recall, params.recallComponents);
    const rerank = params.rerank === 'none' ? undefined : await open(params.rerank, params.rerankComponents);
    const between = () => ctx.signal.throwIfAborted();
    const quality =
      params.quality === 'realism' ? await realism(rerank ?? recall, between) : new Float64Array(queries).fill(1);
    const { distance, candidates } = params;
    const found = await findCandidates(
      { recall, ...(rerank === undefined ? {} : { rerank }), distance, candidates },
      (done) => {
        between();
        ctx.progress(done / queries);
      },
    );
    return { ...found, quality };
  },

  async score(ctx, { contributors, temperature, valuation }, _state, { points, distances, quality }) {
    const { train, queries } = ctx.task;
    const candidates = { points: points as Int32Array, distances: distances as Float64Array };
    const scores = new Float32Array(queries * train);
    const total = new Float64Array(train);
    for (const [query, found] of contributorsAmong(candidates, queries, contributors).entries()) {
      ctx.signal.throwIfAborted();
      const values = contributions(found, quality[query], temperature);
      for (const [at, point] of found.points.entries()) {
        scores[query * train + point] = values[at];
        total[point] += values[at];
      }
    }
    if (valuation === 'global') for (let query = 0; query < queries; query++) scores.set(total, query * train);
    return scores;
  },
});
