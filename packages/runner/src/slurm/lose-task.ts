import { toPlainError } from '@attribution-bench/contract';
import { freeClaims, readRegularFile } from '@attribution-bench/store';
import type { FollowedTask } from './follow-task.js';
import { endStep, failStep } from './hear-tasks.js';
import type { TaskState } from './job-states.js';
import { logFile } from './run-folder.js';
import type { SlurmParts } from './slurm-parts.js';
import { isStored } from './stored-steps.js';

/** A task has ended: what it left is to be done by another one, unless it is stored all the same. */
export async function loseTask(parts: SlurmParts, task: FollowedTask, state: TaskState | undefined): Promise<void> {
  const { tasks, steps, store, byId, answers, losses } = parts;
  tasks.remove(task);
  const { submission, index, outcome } = task;
  const job = `${submission.job}_${index}`;
  const began = [...task.left].filter((id) => task.begun.has(id));
  for (const id of [...task.left]) {
    const step = byId.get(id);
    if (step !== undefined && step.reason !== 'forced' && (await isStored(store, step)))
      endStep(parts, task, id, { status: 'done', report: { seconds: 0 }, pace: { seconds: 0 } });
    else steps.takeBack(id, (owner) => tasks.follows(owner));
    answers.stop(id);
  }
  // On a step that goes back to the pack that it was taken from, the claim keeps others from taking it as well.
  const freed = began.filter((id) => !steps.isInFlight(id));
  await freeClaims(
    store,
    freed.flatMap((id) => byId.get(id)?.outputs ?? []),
    job,
  );
  if (task.isMisplaced) return;
  if (outcome?.error !== undefined) return answers.giveUp(outcome.error);
  const log = logFile(submission, index);
  const isUnclear = outcome === undefined || task.suspects.size > 0;
  const ended = isUnclear && (await toldOfMemory(log)) ? 'OUT_OF_MEMORY' : state?.state;
  if (ended !== 'OUT_OF_MEMORY') for (const [id, error] of task.suspects) failStep(parts, task, id, error);
  const lost = losses.enter({
    job,
    log,
    left: [...task.left],
    began: began.filter((id) => task.left.has(id)),
    wasAt: task.wasAt,
    done: task.done,
    memoryBytes: submission.memoryBytes,
    minutes: submission.minutes,
    outcome,
    state: ended,
    node: state?.node || task.node,
  });
  for (const { id, error } of lost) endStep(parts, task, id, { status: 'failed', error: toPlainError(error) });
}

/** Where memory is watched without cgroups, the scheduler says in the log of a task why it ended that. */
async function toldOfMemory(log: string): Promise<boolean> {
  const text = await readRegularFile(log).catch(() => '');
  return /exceeded (job )?memory limit|oom[-_ ]kill/i.test(text.toString().slice(-4096));
}
