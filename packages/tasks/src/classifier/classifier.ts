import { choices } from '@attribution-bench/contract';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import type { TaskData } from '../data/task-data.js';
import { mean, shareAboveZero } from '../means.js';
import type { TaskSpec } from '../spec.js';
import { supervisedObjective } from '../supervised/objective.js';
import { supervisedReplayable } from '../supervised/replayable.js';
import { supervisedSubject } from '../supervised/subject.js';
import type { TaskKindParts } from '../task-kind.js';
import { trainingBatches } from '../training/augmentation.js';
import { createReplayer } from '../training/replay.js';
import { classReferences } from './class-references.js';
import { lead } from './lead.js';
import { categorical } from './likelihood.js';

export function classifier(spec: TaskSpec, data: TaskData, engine: Engine): TaskKindParts {
  const references = classReferences(data);
  const subject = supervisedSubject(spec, data, references);
  const batches = trainingBatches(spec.model, data.inputShape, spec.training.batch);
  const objective = supervisedObjective(subject, data, references, spec.training, batches);
  return {
    subject,
    objective,
    ...choices('service', {
      replay: createReplayer(engine, supervisedReplayable(subject, objective, data, references)),
      async right(evaluator, parameters, atOnce) {
        const leads = await evaluator.outputs(parameters, { of: 'queries', output: lead }, atOnce);
        return leads.map((ofModel) => Uint8Array.from(ofModel, (value) => (value > 0 ? 1 : 0)));
      },
      likelihood: categorical(data),
    } satisfies Partial<TaskKindParts>),
    targetPass: subject.pass(),
    async sanity(evaluator, parameters) {
      const [losses] = await evaluator.outputs([parameters], { of: 'train', output: 'loss' });
      const [train] = await evaluator.outputs([parameters], { of: 'train', output: lead });
      const [queries] = await evaluator.outputs([parameters], { of: 'queries', output: lead });
      return { trainLoss: mean(losses), trainAccuracy: shareAboveZero(train), queryAccuracy: shareAboveZero(queries) };
    },
    release: async () => {},
  };
}
