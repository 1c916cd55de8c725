import { choices, type Metric } from '@attribution-bench/contract';
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
export const metrics: Readonly<Record<string, Metric>> = choices('metric', {
  counterfactual,
  'counterfactual-cosine': counterfactualCosine,
  lds,
  loo,
  'mislabel-auc': mislabelAuc,
  'removal-curve': removalCurve,
});
