import type { TaskData } from '../data/task-data.js';
import { runModels } from '../nn/interpreters/apply.js';
import type { Subject } from '../passes/pass.js';
import { crossEntropy } from '../targets/cross-entropy.js';
import type { Batches } from '../training/augmentation.js';
import type { Objective } from '../training/objective.js';
import type { Recipe } from '../training/recipe.js';
import { oneHot } from './one-hot.js';

/** Cross-entropy on the training points, as `batches` gives them. */
export function classifierObjective(subject: Subject, data: TaskData, recipe: Recipe, batches: Batches): Objective {
  const { inputs, labels, inputShape, classes } = data;
  const points = labels.length;
  return {
    architecture: subject.architecture,
    recipe,
    points,
    pointArrays: { inputs, labels: oneHot(labels, classes) },
    pointShapes: { inputs: inputShape, labels: [classes] },
    shared: {},
    sharedSpecs: {},
    losses(parameters, step, interpret) {
      const logits = runModels(subject, parameters, batches.inputs(step), undefined, interpret);
      return crossEntropy(logits, step.labels);
    },
    ...(batches.noise === undefined ? {} : { noise: batches.noise }),
  };
}
