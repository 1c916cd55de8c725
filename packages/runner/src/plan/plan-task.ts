import type { TaskToPlan } from '../model/task-to-plan.js';
import type { PreparedTask } from '../prepare/prepare-task.js';
import { planGenerated } from '../steps/kinds/generate.js';
import { addStep, type StepList } from './step-list.js';

/** Adds the steps that make a task's points. */
export function planTaskData(steps: StepList, prepared: PreparedTask): TaskToPlan {
  const { task, info, stack, key, source, parts } = prepared;
  const [dataset] = prepared.steps.map((step) => addStep(steps, step));
  const { code } = prepared;
  const known = { task, info, stack, key, code };
  if (code.generation === undefined) return { ...known, source, parts, dataSteps: [dataset.id] };
  const { id, job } = addStep(steps, planGenerated(source, { engine: parts.engine, harness: code.generation.hash }));
  return {
    ...known,
    source: { ...source, generated: job.output },
    parts: { ...parts, dataset: job.output.key },
    dataSteps: [dataset.id, id],
  };
}
