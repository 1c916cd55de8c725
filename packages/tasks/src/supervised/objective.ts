import type { TaskData } from '../data/task-data.js';
import { runModels } from '../nn/interpreters/apply.js';
import type { Subject } from '../passes/pass.js';
import type { Batches } from '../training/augmentation.js';
import type { Objective } from '../training/objective.js';
import type { Recipe } from '../training/recipe.js';
import type { References } from './references.js';

/** The loss on the training points, as `batches` gives them. */
export function supervisedObjective(
  subject: Subject,
  { inputs, labels, inputShape }: TaskData,
  { width, values, loss }: References,
  recipe: Recipe,
  batches: Batches,
): Objective {
  return {
    architecture: subject.architecture,
    recipe,
    points: labels.length,
    pointArrays: { inputs, labels: values.train },
    pointShapes: { inputs: inputShape, labels: [width] },
    shared: {},
    sharedSpecs: {},
    losses(parameters, step, interpret) {
      const prediction = runModels(subject, parameters, batches.inputs(step), undefined, interpret);
      return loss(prediction, step.labels);
    },
    ...(batches.noise === undefined ? {} : { noise: batches.noise }),
  };
}
