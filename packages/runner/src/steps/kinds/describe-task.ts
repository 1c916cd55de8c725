import type { ArtifactOutput } from '@attribution-bench/store';
import { writeArtifact } from '../../artifacts/codec.js';
import { descriptionArtifact } from '../../artifacts/task-description.js';
import type { StepJob, TaskSource } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { StepReport } from '../../model/work.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep, likenessByParts, stepIdOf, trifleSeconds } from '../step-definition.js';

export interface DescribeJob extends StepJob {
  readonly task: TaskSource;
  readonly output: ArtifactOutput;
}

/** Finds out what a task is made of: its `TaskInfo`, how many models it trains at once, and its kinds of layers. */
export const describeStep = defineStep<DescribeJob>({
  kind: 'task',
  priority: 7,
  cost: { likeness: likenessByParts, seconds: () => trifleSeconds },
  result: () => descriptionArtifact,
  code: ({ task }) => ({ network: task.spec }),
  run: describeTask,
});

/** @param parts of the keys of what comes out of the task's models */
export function planDescription(task: TaskSource, parts: ArtifactOutput['made']): StepDraft<DescribeJob> {
  const { id } = task.spec;
  const output = describeStep.output({ ...parts, id });
  return describeStep.draft({
    label: `shape of ${id}`,
    task: id,
    needs: [stepIdOf(task.dataset)],
    outputs: [output],
    job: { task, output },
    place: [],
  });
}

/** Opens a task once and keeps what it says of itself. Generated queries need not be stored yet to be counted. */
export async function describeTask(
  { task, output }: DescribeJob,
  { store, tasks }: Pick<StepContext, 'store' | 'tasks'>,
): Promise<StepReport> {
  const elapsed = stopwatch();
  const { info, stack, layers } = await tasks.use(task);
  const { heldout, generated } = task.spec.queries;
  const counted = { ...info, queries: heldout + generated };
  await writeArtifact(store, output, descriptionArtifact, { info: counted, stack, layers });
  return elapsed();
}
