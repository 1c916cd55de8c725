import type { TaskToPlan } from '../model/task-to-plan.js';
import type { PreparedTask } from '../prepare/prepare-task.js';
import { planGenerated } from '../steps/kinds/generate.js';
import { addStep, type StepList } from './step-list.js';

/** Adds the steps that make a task's points. */
export function planTaskData(steps: StepList, prepared: PreparedTask): TaskToPlan {
  const { task, info, stack, key, source, parts } = prepared;
  const [dataset] = prepared.steps.map((step) => addStep(steps, step));
  const known = { task, info, stack, key };
  if (task.spec.queries.generated === 0) return { ...known, source, parts, dataSteps: [dataset.id] };
  const { engine, harness } = parts;
  const { id, job } = addStep(steps, planGenerated(source, { engine, harness }));
  return {
    ...known,
    source: { ...source, generated: job.output },
    parts: { ...parts, dataset: job.output.key },
    dataSteps: [dataset.id, id],
  };
}
