import { choices } from '@attribution-bench/contract';
import { margin } from './margin.js';
import { negDenoisingLoss } from './neg-denoising-loss.js';
import { negLoss } from './neg-loss.js';
import { negRegressionLoss } from './neg-regression-loss.js';
import { prediction } from './prediction.js';
import type { Target } from './target.js';

/** Everything that `target` can name. */
export const targets: Readonly<Record<string, Target>> = choices('target', {
  margin,
  'neg-loss': negLoss,
  prediction,
  'neg-regression-loss': negRegressionLoss,
  'neg-denoising-loss': negDenoisingLoss,
});
