import type { TaskInfo } from '@attribution-bench/contract';
import type { TaskData } from './data/task-data.js';
import type { Architecture } from './nn/architecture/layer.js';
import { partOf } from './parts.js';
import type { TaskSpec } from './spec.js';

export function taskInfo(spec: TaskSpec, data: TaskData, { layers, size }: Architecture): TaskInfo {
  return {
    id: spec.id,
    kind: spec.kind,
    target: partOf('target', spec.target).id,
    train: data.labels.length,
    queries: spec.kind === 'generator' ? spec.queries.heldout + spec.queries.generated : data.queryLabels.length,
    ...(spec.kind === 'generator' ? { generated: spec.queries.generated } : {}),
    parameters: size,
    layers: layers.map(({ name, kind, offset, size }) => ({ name, kind, offset, size })),
    inputShape: data.inputShape,
    classes: spec.kind === 'classifier' ? data.classes : 0,
    diffusionSteps: spec.kind === 'generator' ? (spec.model.diffusionSteps as number) : 0,
    epochs: spec.training.epochs,
    batch: spec.training.batch,
    optimizer: spec.training.optimizer,
    ...(spec.training.momentum !== undefined && { momentum: spec.training.momentum }),
    weightDecay: spec.training.weightDecay,
  };
}
