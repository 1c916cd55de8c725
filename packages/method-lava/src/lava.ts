import { choice, defineMethod, extractorParam, featureRequest, num } from '@attribution-bench/contract';
import { classWiseCost, shareOfMean } from './class-wise-cost.js';
import { sinkhorn } from './sinkhorn.js';

/**
 * LAVA (Just et al. 2023, equation 3): the calibrated gradient of the class-wise transport distance between training points
 * and queries by the weight of a training point, negated. One number for all queries.
 */
export default defineMethod({
  id: 'lava',
  title: 'LAVA',
  family: 'similarity',
  origin: 'adapted',
  cite: 'Just et al. 2023, arXiv:2305.00054',
  revision: 1,
  scoreShape: 'global',
  tasks: ['classifier'],
  needs: ['features', 'labels', 'checkpoints'],
  params: {
    labelWeight: num({
      default: 1,
      min: 0,
      search: { from: 0.1, to: 10, scale: 'log' },
      help: 'weight of the distance of labels beside that of features',
    }),
    entropy: num({
      default: 0.1,
      min: 1e-4,
      search: { from: 0.01, to: 1, scale: 'log' },
      help: 'weight of the entropy, as a share of the mean cost',
    }),
    space: choice(['penultimate', 'inputs', 'onnx'], {
      default: 'penultimate',
      search: ['penultimate', 'inputs'],
      help: 'features: the input of the last layer of a trained model, pixels, or an ONNX extractor',
    }),
    extractor: extractorParam,
  },
  expectSignal: false,
  uses: ({ space }) => ({ checkpoints: space === 'penultimate' ? 1 : 0 }),
  adapted: () => 'the entropy is a share of the mean cost, and features are those of the model itself',
  async score(ctx, { labelWeight, entropy, space, extractor }) {
    const open = async (of: 'train' | 'queries') => {
      const { data } = await ctx.features(featureRequest(of, space, extractor, ctx.checkpoints[0]));
      return { features: Float64Array.from(data), labels: ctx.labels(of) };
    };
    const [points, others] = [await open('train'), await open('queries')];
    const cost = await classWiseCost(points, others, { labelWeight, entropy, signal: ctx.signal });
    const { train: rows, queries: columns } = ctx.task;
    const share = shareOfMean(cost, entropy);
    const { f, error } = sinkhorn({ cost, rows, columns, entropy: share, signal: ctx.signal });
    if (error > 1e-6)
      ctx.log(`the transport plan is off by ${error.toPrecision(2)} of its mass: a larger entropy settles faster`);
    return Float32Array.from(calibrated(f), (value) => -value);
  },
});

/** f_i - Σ_{j≠i} f_j / (n - 1): by how much the distance grows when weight moves from all other points to point i. */
export function calibrated(f: Float64Array): Float64Array {
  const total = f.reduce((sum, value) => sum + value, 0);
  return f.map((value) => value - (total - value) / (f.length - 1));
}
