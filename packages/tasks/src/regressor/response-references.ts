import type { TaskData } from '../data/task-data.js';
import type { Choice } from '../spec.js';
import type { References } from '../supervised/references.js';
import { lossOf } from './losses.js';

/** Responses, and the loss of the model on them. @throws RangeError when the points have none: the data are not a regressor's */
export function responseReferences(model: Choice, { responses }: TaskData): References {
  if (responses === undefined) throw new RangeError('points of a regressor have no responses');
  return { width: 1, values: responses, loss: lossOf(model) };
}
