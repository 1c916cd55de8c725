import type { Metric } from '@attribution-bench/contract';
import { counterfactual } from './counterfactual.js';
import { counterfactualCosine } from './counterfactual-cosine.js';
import { lds } from './lds.js';
import { loo } from './loo.js';
import { mislabelAuc } from './mislabel-auc.js';
import { removalCurve } from './removal-curve.js';

export { imageComponents } from './image-components.js';
export { outcomesOf } from './outcomes.js';
export { predictOutcomes } from './predict-outcomes.js';

/** What `metrics:` in a grid file can name. */
export const metrics: Readonly<Record<string, Metric>> = Object.fromEntries(
  [counterfactual, counterfactualCosine, lds, loo, mislabelAuc, removalCurve].map((metric) => [metric.id, metric]),
);
