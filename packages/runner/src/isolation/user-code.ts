import { type Choice, isOwnPart, type PartKind, type TaskSpec } from '@attribution-bench/tasks';
import type { StepJob } from '../model/job.js';
import { definitionOf } from '../steps/registry.js';
import type { UserModule } from './messages.js';

/** The part of a step's code that is not this project's. */
export interface UserCode {
  readonly modules: readonly UserModule[];
  /** Steps with equal ids may be done in one process, one after the other. */
  readonly id: string;
}

/**
 * The user code that a step runs: a method, a metric, parts of a task, an ONNX file of a feature extractor; undefined when
 * there is none.
 */
export function userCodeOf(job: StepJob): UserCode | undefined {
  const { network, data, method, metric, extractor } = definitionOf(job).code?.(job) ?? {};
  const modules: UserModule[] = [
    ...(method?.isolated === true ? [{ kind: 'method' as const, use: method.id, file: method.file }] : []),
    ...(metric === undefined ? [] : [{ kind: 'metric' as const, use: metric.id, file: metric.file }]),
    ...(data === undefined ? [] : partModule('dataset', data.data)),
    ...(network === undefined ? [] : networkModules(network)),
  ];
  if (modules.length === 0 && extractor === undefined) return undefined;
  return { modules, id: JSON.stringify([modules, extractor?.file ?? '']) };
}

/** Modules of a user's that building the network of a task and its target runs. */
export function networkModules({ model, target }: TaskSpec): UserModule[] {
  return [...partModule('model', model), ...partModule('target', target)];
}

function partModule(kind: PartKind, choice: Choice): UserModule[] {
  return isOwnPart(choice) ? [{ kind, use: choice.use, file: choice.use }] : [];
}
