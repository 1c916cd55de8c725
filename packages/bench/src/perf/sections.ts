import { measureAlgebra } from './algebra.js';
import type { Figure } from './figures.js';
import { measureGradients } from './gradients.js';
import { measureGrowth } from './growth.js';
import { measureTraining } from './training.js';

/** What `bench perf` can measure, in the order it does. */
export const sections: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  training: measureTraining,
  gradients: measureGradients,
  algebra: measureAlgebra,
  growth: measureGrowth,
};
