import type { TaskData } from '../data/task-data.js';
import type { Subject } from '../passes/pass.js';
import type { Objective } from '../training/objective.js';
import type { Replayable } from '../training/replay.js';
import type { References } from './references.js';

export function supervisedReplayable(
  subject: Subject,
  objective: Objective,
  { queryInputs, queryLabels, inputShape }: TaskData,
  { width, values }: References,
): Replayable {
  const queries = queryLabels.length;
  return {
    network: subject.network,
    objective,
    target: subject.outputFunction('target'),
    queries: (step) => ({ x: step.queryInputs, reference: step.queryLabels }),
    shared: { queryInputs, queryLabels: values.queries },
    sharedSpecs: {
      queryInputs: { shape: [queries, ...inputShape], dtype: 'float32' },
      queryLabels: { shape: [queries, width], dtype: 'float32' },
    },
  };
}
