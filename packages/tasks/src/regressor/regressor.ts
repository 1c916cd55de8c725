import { choices, type OutputFunction } from '@attribution-bench/contract';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import type { TaskData } from '../data/task-data.js';
import { mean } from '../means.js';
import type { TaskSpec } from '../spec.js';
import { supervisedObjective } from '../supervised/objective.js';
import { supervisedReplayable } from '../supervised/replayable.js';
import { supervisedSubject } from '../supervised/subject.js';
import type { TaskKindParts } from '../task-kind.js';
import { trainingBatches } from '../training/augmentation.js';
import { createReplayer } from '../training/replay.js';
import { aroundPrediction } from './likelihood.js';
import { responseReferences } from './response-references.js';

export function regressor(spec: TaskSpec, data: TaskData, engine: Engine): TaskKindParts {
  const references = responseReferences(spec.model, data);
  const subject = supervisedSubject(spec, data, references);
  const batches = trainingBatches(spec.model, data.inputShape, spec.training.batch);
  const objective = supervisedObjective(subject, data, references, spec.training, batches);
  return {
    subject,
    objective,
    ...choices('service', {
      replay: createReplayer(engine, supervisedReplayable(subject, objective, data, references)),
      likelihood: aroundPrediction(spec.model, data),
    } satisfies Partial<TaskKindParts>),
    targetPass: subject.pass(),
    async sanity(evaluator, parameters) {
      const [losses] = await evaluator.outputs([parameters], { of: 'train', output: 'loss' });
      const [train] = await evaluator.outputs([parameters], { of: 'train', output: squaredError });
      const [queries] = await evaluator.outputs([parameters], { of: 'queries', output: squaredError });
      return { trainLoss: mean(losses), trainRmse: Math.sqrt(mean(train)), queryRmse: Math.sqrt(mean(queries)) };
    },
    release: async () => {},
  };
}

const squaredError: OutputFunction = (prediction, response) => tf.sum(tf.square(tf.sub(prediction, response)), -1);
