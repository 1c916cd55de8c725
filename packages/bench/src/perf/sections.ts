import { measureAlgebra } from './algebra.js';
import type { Figure } from './figures.js';

/** What `bench perf` can measure, in the order it does. */
export const sections: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  algebra: measureAlgebra,
};
