import { choices } from '@attribution-bench/contract';
import type { Recipe } from '../recipe.js';
import { adam } from './adam.js';
import type { Optimizer } from './optimizer.js';
import { sgd } from './sgd.js';

const optimizers = choices('optimizer', { sgd, adam, adamw: adam });

/** The update rule of a recipe, in the form that PyTorch gives it. */
export function optimizerOf(recipe: Recipe): Optimizer {
  return optimizers[recipe.optimizer](recipe);
}
