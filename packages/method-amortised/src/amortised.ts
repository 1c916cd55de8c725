import { choice, defineMethod, extractorParam, featureRequest, int, num } from '@attribution-bench/contract';
import { withMinusWithout } from '@attribution-bench/numerics';
import { featuresByLabel } from './features-by-label.js';
import { smoothed } from './smoothed.js';

/**
 * Stochastic amortisation (Covert et al. 2024, section 3): noisy, unbiased estimates of what each training point is worth to a
 * query are the labels of a regression on what the point is, and its predictions are the scores. What points have in common is
 * learnt from all of them, and noise that they do not share averages out.
 */
export default defineMethod({
  id: 'amortised',
  title: 'Amortised influence',
  family: 'retraining',
  origin: 'adapted',
  cite: 'Covert et al. 2024, arXiv:2401.15866',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'generator'],
  needs: ['subsets', 'features', 'checkpoints', 'labels'],
  params: {
    estimate: choice(['empirical-influence', 'data-banzhaf'], {
      default: 'empirical-influence',
      help: 'what is smoothed: mean target with the point less that without it, over subsets of one size, or over subsets that keep each point with probability 1/2',
    }),
    retrainings: int({ default: 128, min: 2, help: 'models trained, each on a subset of its own' }),
    ridge: num({
      default: 1,
      min: 1e-9,
      search: { from: 0.01, to: 100, scale: 'log' },
      help: 'of the regression, in units of the mean eigenvalue of its kernel: the larger, the smoother',
    }),
    space: choice(['penultimate', 'inputs', 'onnx'], {
      default: 'penultimate',
      search: ['penultimate', 'inputs'],
      help: 'what the regression sees of a point beside its label: the input of the last layer of a trained model, pixels, or an ONNX extractor',
    }),
    extractor: extractorParam,
  },
  uses: ({ estimate, retrainings, space }) => ({
    checkpoints: space === 'penultimate' ? 1 : 0,
    subsets:
      estimate === 'empirical-influence'
        ? { draw: 'fraction', count: retrainings, fraction: 0.5 }
        : { draw: 'bernoulli', count: retrainings, shares: [0.5] },
  }),
  adapted: () => 'ridge regression in place of a network, on estimates whose noise points of one subset share',
  async score(ctx, { ridge, space, extractor }) {
    const { members, targets } = await ctx.subsets();
    const noisy = await withMinusWithout(members, targets, ctx.task, (share) => {
      ctx.signal.throwIfAborted();
      ctx.progress(share / 2);
    });
    const { data, shape } = await ctx.features(featureRequest('train', space, extractor, ctx.checkpoints[0]));
    const features = featuresByLabel(data, shape[1], ctx.labels('train'));
    return smoothed(features, noisy, ridge, (share) => {
      ctx.signal.throwIfAborted();
      ctx.progress(0.5 + share / 2);
    });
  },
});
