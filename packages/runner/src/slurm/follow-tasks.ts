import { toPlainError } from '@attribution-bench/contract';
import type { FollowedTask } from './follow-task.js';
import { hearTasks } from './hear-tasks.js';
import {
  askAccounting,
  askQueue,
  isHeldBySlurm,
  isLive,
  launchFailed,
  type TaskState,
  type TaskStates,
  taskName,
} from './job-states.js';
import { loseTask } from './lose-task.js';
import type { SlurmParts } from './slurm-parts.js';
import { runSlurm } from './slurm-program.js';

/** A task counts as gone when so many answers in a row lack it. */
const answersUntilGone = 2;

/** Looks once at all tasks: their states, by one question, and their events. What those left that ended is theirs no more. */
export function followTasks(parts: SlurmParts): () => Promise<void> {
  const { tasks, say } = parts;
  const hear = hearTasks(parts);

  async function follow(task: FollowedTask, states: TaskStates | undefined): Promise<void> {
    const name = taskName(task.submission.name, task.index);
    const state = states?.get(name);
    if (state?.state === 'PENDING') sayWhyPending(state);
    for (const event of await task.read(state)) await hear(task, event);
    if (task.left.size === 0) {
      if (task.outcome !== undefined || !mayDoMore(state, states)) tasks.retire(task);
    } else if (isComplete(task)) {
      await loseTask(parts, task, { job: '', state: 'COMPLETED', node: task.node, reason: '' });
      tasks.retire(task);
    } else if (state !== undefined && isHeldBySlurm(state)) await withdraw(task, state);
    else if (states === undefined || (state !== undefined && isLive(state))) task.answersWithout = 0;
    else if (state !== undefined) await loseTask(parts, task, state);
    else if (++task.answersWithout >= answersUntilGone)
      await loseTask(parts, task, (await askAccounting([task.submission.name])).get(name));
  }

  /** Takes back a task that Slurm will not start any more: under another job it starts. */
  async function withdraw(task: FollowedTask, state: TaskState): Promise<void> {
    if (await cancel(task, state)) await loseTask(parts, task, { ...state, state: launchFailed });
  }

  /** A controller that died may queue a task again that has done all: nothing would come of it, and what rests on it would wait. */
  async function lookAtIdle(task: FollowedTask, states: TaskStates): Promise<void> {
    const state = states.get(taskName(task.submission.name, task.index));
    const isGone = state === undefined || !isLive(state);
    if (isGone || (state.state === 'PENDING' && (await cancel(task, state)))) tasks.forget(task);
  }

  async function cancel({ index }: FollowedTask, { job }: TaskState): Promise<boolean> {
    try {
      await runSlurm('scancel', [`${job}_${index}`]);
      return true;
    } catch (error) {
      say(`job ${job}_${index} cannot be taken back: ${toPlainError(error).message}`);
      return false;
    }
  }

  function sayWhyPending({ job, reason }: TaskState): void {
    if (waitsForPeople.test(reason)) say(`job ${job} waits: ${reason}`);
  }

  return async () => {
    const names = [...new Set([...tasks.all(), ...tasks.idle()].map(({ submission }) => submission.name))];
    const states = await askQueue(names).catch((error: unknown) => {
      say(`Slurm does not answer, its jobs go on: ${toPlainError(error).message}`);
      return undefined;
    });
    for (const task of tasks.all()) await follow(task, states);
    if (states !== undefined) for (const task of tasks.idle()) await lookAtIdle(task, states);
  };
}

/** Whether a task whose own steps have ended may take some of others. */
function mayDoMore(state: TaskState | undefined, states: TaskStates | undefined): boolean {
  return states === undefined || (state !== undefined && isLive(state) && state.state !== 'PENDING');
}

/** Whether a task has tried all that it can, and nothing that Slurm may say of its end matters. */
function isComplete({ outcome, suspects }: FollowedTask): boolean {
  return outcome !== undefined && outcome.incomplete === undefined && suspects.size === 0;
}

/** Reasons for which a job may wait until somebody does something. */
const waitsForPeople =
  /^(JobHeld|Bad|Invalid|Assoc|QOS|PartitionDown|PartitionTimeLimit|PartitionNodeLimit|AccountNot|ReqNodeNotAvail|NodeDown)/;
