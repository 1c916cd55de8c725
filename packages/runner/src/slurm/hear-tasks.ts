import type { RunEvent } from '../journal/events.js';
import type { WorkResult } from '../model/work.js';
import type { FollowedTask } from './follow-task.js';
import { logFile, pinnedProcessor } from './run-folder.js';
import type { SlurmParts } from './slurm-parts.js';

/** Passes on what tasks say of their steps, and looks at the processors that they run on. */
export function hearTasks(parts: SlurmParts): (task: FollowedTask, event: RunEvent) => Promise<void> {
  const { options, answers } = parts;
  const meetProcessor = meetProcessors(parts);
  return async (task, event) => {
    if (event.type === 'run-started') await meetProcessor(task, event.processor);
    else if (event.type === 'step-started') answers.begin(event.step);
    else if (event.type === 'log') {
      const { step, level, message } = event;
      if (step !== undefined) answers.log(step, { type: 'log', level, message });
    } else if (event.type === 'step-finished') {
      const { step, label, status, seconds, peakRssBytes, error } = event;
      answers.stop(step);
      if (status === 'done' || status === 'elsewhere')
        endStep(parts, task, step, { status: 'done', report: { seconds, peakRssBytes }, pace: { seconds } });
      else if (status === 'failed' && error !== undefined) {
        options.note(`${label} failed${task.node && ` on ${task.node}`}: see ${logFile(task.submission, task.index)}`);
        endStep(parts, task, step, { status: 'failed', error });
      }
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

function meetProcessors({ run, options, losses, say }: SlurmParts) {
  const met = new Set<string>();
  return async (task: FollowedTask, processor: string | undefined): Promise<void> => {
    if (processor === undefined) return;
    const pinned = options.pinCpu ? await pinnedProcessor(run.folder) : undefined;
    if (pinned !== undefined && pinned !== processor) return losses.leaveOut(task.node, `has ${processor}`);
    met.add(processor);
    if (met.size > 1)
      say(
        `warning: tasks run on several kinds of processors (${[...met].join(', ')}), on which the last bits of ` +
          'results may differ; --pin-cpu, or `constraint` of the profile, keeps to one kind',
      );
  };
}
