import { isModelPath } from '@attribution-bench/tasks';
import type { StepJob } from '../model/job.js';
import { definitionOf } from '../steps/registry.js';
import type { UserModule } from './messages.js';

/** The part of a step's code that is not this project's. */
export interface UserCode {
  readonly modules: readonly UserModule[];
  /** Steps with equal ids may be done in one process, one after the other. */
  readonly id: string;
}

/** The user code that a step runs: a method, a model, an ONNX file of a feature extractor; undefined when there is none. */
export function userCodeOf(job: StepJob): UserCode | undefined {
  const { network, method, extractor } = definitionOf(job).code?.(job) ?? {};
  const modules: UserModule[] = [];
  if (method?.isolated === true) modules.push({ kind: 'method', use: method.id, place: method.url });
  const model = network?.model.use;
  if (model !== undefined && isModelPath(model)) modules.push({ kind: 'model', use: model, place: model });
  if (modules.length === 0 && extractor === undefined) return undefined;
  return { modules, id: JSON.stringify([modules, extractor?.file ?? '']) };
}
