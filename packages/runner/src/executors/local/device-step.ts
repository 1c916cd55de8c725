import { type Device, deviceOf, type EngineName } from '@attribution-bench/tfjs-onnx';
import type { StepJob } from '../../model/job.js';
import { definitionOf } from '../../steps/registry.js';

/**
 * The device that a step computes on with a task's network, where it does. In one process such steps are done one after the
 * other: ONNX Runtime hangs or ends the process where several threads use a device at once.
 */
export function deviceOfStep(job: StepJob): Device | undefined {
  if (definitionOf(job).code?.(job).network === undefined) return undefined;
  const { engine, task } = job as StepJob & {
    readonly engine?: EngineName;
    readonly task?: { readonly engine?: EngineName };
  };
  const name = task?.engine ?? engine;
  return name === undefined ? undefined : deviceOf(name);
}
