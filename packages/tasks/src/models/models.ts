import { choices } from '@attribution-bench/contract';
import { cnn } from './cnn.js';
import { ddpmMlp } from './ddpm-mlp.js';
import { ddpmUnet } from './ddpm-unet.js';
import { linear } from './linear.js';
import { logistic } from './logistic.js';
import { mlp } from './mlp.js';
import { mlpRegressor } from './mlp-regressor.js';
import type { Model } from './model.js';
import { resnet9 } from './resnet9.js';

/** Every model that `model.use` can name. */
export const models: Readonly<Record<string, Model>> = choices('model', {
  logistic,
  mlp,
  cnn,
  resnet9,
  linear,
  'mlp-regressor': mlpRegressor,
  'ddpm-mlp': ddpmMlp,
  'ddpm-unet': ddpmUnet,
});
