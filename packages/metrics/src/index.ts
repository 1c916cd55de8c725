import { choices, type Metric } from '@attribution-bench/contract';
import { additionCurve } from './addition-curve.js';
import { brittleness } from './brittleness.js';
import { classDetection } from './class-detection.js';
import { counterfactual } from './counterfactual.js';
import { counterfactualCosine } from './counterfactual-cosine.js';
import { groupRecall } from './group-recall.js';
import { lds } from './lds.js';
import { loo } from './loo.js';
import { mislabelAuc } from './mislabel-auc.js';
import { mixedDataset } from './mixed-dataset.js';
import { qld } from './qld.js';
import { removalCurve } from './removal-curve.js';
import { shortcutDetection } from './shortcut-detection.js';
import { subclassDetection } from './subclass-detection.js';
import { weightedAccuracyDrop } from './weighted-accuracy-drop.js';

export { imageComponents } from './image-components.js';
export { outcomesOf } from './outcomes.js';
export { predictOutcomes } from './predict-outcomes.js';

/** What `metrics:` in a grid file can name. */
export const metrics: Readonly<Record<string, Metric>> = choices('metric', {
  'addition-curve': additionCurve,
  brittleness,
  'class-detection': classDetection,
  counterfactual,
  'counterfactual-cosine': counterfactualCosine,
  'group-recall': groupRecall,
  lds,
  loo,
  'mislabel-auc': mislabelAuc,
  'mixed-dataset': mixedDataset,
  qld,
  'removal-curve': removalCurve,
  'shortcut-detection': shortcutDetection,
  'subclass-detection': subclassDetection,
  'weighted-accuracy-drop': weightedAccuracyDrop,
});
