import type { TaskData } from '../data/task-data.js';
import type { Subject } from '../passes/pass.js';
import type { Objective } from '../training/objective.js';
import type { Replayable } from '../training/replay.js';
import { oneHot } from './one-hot.js';

export function classifierReplayable(subject: Subject, objective: Objective, data: TaskData): Replayable {
  const { queryInputs, queryLabels, inputShape, classes } = data;
  const queries = queryLabels.length;
  return {
    network: subject.network,
    objective,
    target: subject.outputFunction('target'),
    queries: (step) => ({ x: step.queryInputs, reference: step.queryLabels }),
    shared: { queryInputs, queryLabels: oneHot(queryLabels, classes) },
    sharedSpecs: {
      queryInputs: { shape: [queries, ...inputShape], dtype: 'float32' },
      queryLabels: { shape: [queries, classes], dtype: 'float32' },
    },
  };
}
