import type { PlainError } from '@attribution-bench/contract';
import type { RunEvent } from '../journal/events.js';
import type { WorkResult } from '../model/work.js';
import type { FollowedTask } from './follow-task.js';
import { logFile, pinnedProcessor } from './run-folder.js';
import type { SlurmParts } from './slurm-parts.js';

/** Passes on what tasks say of their steps, and looks at the processors that they run on. */
export function hearTasks(parts: SlurmParts): (task: FollowedTask, event: RunEvent) => Promise<void> {
  const { answers, steps } = parts;
  const meetProcessor = meetProcessors(parts);
  return async (task, event) => {
    if (event.type === 'run-started') await meetProcessor(task, event.processor);
    else if (event.type === 'step-started') {
      steps.begin(event.step, task);
      answers.begin(event.step);
    } else if (event.type === 'log') {
      const { step, level, message } = event;
      if (step !== undefined) answers.log(step, { type: 'log', level, message });
    } else if (event.type === 'step-finished') {
      const { step, status, seconds, peakRssBytes, error } = event;
      // Who did it says more of it.
      if (status === 'elsewhere' && (steps.taskOf(step) ?? task) !== task) return;
      answers.stop(step);
      if (status === 'done' || status === 'elsewhere')
        endStep(parts, task, step, { status: 'done', report: { seconds, peakRssBytes }, pace: { seconds } });
      else if (error?.code === 'USER_CODE_CRASHED') task.suspects.set(step, error);
      else if (status === 'failed' && error !== undefined) failStep(parts, task, step, error);
    }
  };
}

/** A step of a task has ended for good. */
export function endStep(
  { steps, answers, losses }: SlurmParts,
  task: FollowedTask,
  id: string,
  result: Extract<WorkResult, { status: 'done' | 'failed' }>,
): void {
  task.left.delete(id);
  if (!steps.end(id, result.status)) return;
  if (result.status === 'done') {
    task.done++;
    losses.progress();
  }
  answers.end(id, result);
}

/** A step of a task has failed, unless it is known how it ended: others that come across it may fail at it too. */
export function failStep(parts: SlurmParts, task: FollowedTask, id: string, error: PlainError): void {
  if (!parts.steps.has(id)) return;
  const where = task.node && ` on ${task.node}`;
  parts.options.note(`${parts.byId.get(id)?.label ?? id} failed${where}: see ${logFile(task.submission, task.index)}`);
  endStep(parts, task, id, { status: 'failed', error });
}

function meetProcessors({ run, options, losses, say }: SlurmParts) {
  const met = new Set<string>();
  return async (task: FollowedTask, processor: string | undefined): Promise<void> => {
    if (processor === undefined) return;
    const pinned = options.pinCpu ? await pinnedProcessor(run.folder) : undefined;
    if (pinned !== undefined && pinned !== processor) {
      task.isMisplaced = true;
      losses.leaveOut(task.node, `has ${processor}`);
      return;
    }
    met.add(processor);
    if (met.size > 1)
      say(
        `warning: tasks run on several kinds of processors (${[...met].join(', ')}), on which the last bits of ` +
          'results may differ; --pin-cpu, or `constraint` of the profile, keeps to one kind',
      );
  };
}
