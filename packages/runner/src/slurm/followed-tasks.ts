import { plural } from '@attribution-bench/contract';
import { type FollowedTask, followTask } from './follow-task.js';
import { askQueue, isLive, taskName } from './job-states.js';
import { type SlurmRun, type Submission, submissionsOf } from './run-folder.js';
import type { StepsLeft } from './steps-left.js';

/** Tasks of a run that are to do what is left of it. */
export interface FollowedTasks {
  readonly size: number;
  all(): Iterable<FollowedTask>;
  follows(task: FollowedTask): boolean;
  /** Follows the tasks of an array as far as they do what is left and nobody else does; how many they are. */
  add(submission: Submission, isFollowed?: (index: number) => boolean): number;
  remove(task: FollowedTask): void;
  /** Tasks with nothing left to do that Slurm may still have in its hands. */
  idle(): Iterable<FollowedTask>;
  /** A task has nothing left to do. */
  retire(task: FollowedTask): void;
  /** Slurm has nothing more to do with an idle task. */
  forget(task: FollowedTask): void;
  /** Follows the tasks that are in the hands of Slurm and that this process does not follow yet. @throws BenchError as askQueue */
  takeUp(run: SlurmRun): Promise<void>;
}

export function openFollowedTasks(steps: StepsLeft, note: (line: string) => void): FollowedTasks {
  const tasks = new Map<string, FollowedTask>();
  const idle = new Map<string, FollowedTask>();
  const known = new Set<string>();

  function add(submission: Submission, isFollowed: (index: number) => boolean = () => true): number {
    known.add(submission.name);
    let count = 0;
    for (const [index, ids] of submission.packs.entries()) {
      if (!isFollowed(index)) continue;
      const own = ids.filter((id) => steps.has(id) && !steps.isInFlight(id));
      const task = followTask(submission, index, own);
      // It may be at steps of others.
      if (!ids.some((id) => steps.has(id))) tasks.set(nameOf(task), task);
      if (own.length === 0) continue;
      tasks.set(nameOf(task), task);
      steps.hand(own, task);
      count++;
    }
    return count;
  }

  return {
    get size() {
      return tasks.size;
    },
    all: () => [...tasks.values()],
    follows: (task) => tasks.get(nameOf(task)) === task,
    add,
    remove: (task) => void tasks.delete(nameOf(task)),
    idle: () => [...idle.values()],
    retire(task) {
      tasks.delete(nameOf(task));
      idle.set(nameOf(task), task);
    },
    forget: (task) => void idle.delete(nameOf(task)),
    async takeUp(run) {
      const unknown = (await submissionsOf(run)).filter(({ name }) => !known.has(name));
      const states = await askQueue(unknown.map(({ name }) => name));
      let count = 0;
      for (const submission of unknown) {
        const stateOf = (index: number) => states.get(taskName(submission.name, index));
        const job = submission.job ?? submission.packs.map((_, index) => stateOf(index)?.job).find(Boolean);
        count += add({ ...submission, ...(job && { job }) }, (index) => {
          const state = stateOf(index);
          return state !== undefined && isLive(state);
        });
      }
      if (count > 0) note(`taken up: ${plural(count, 'task')} of ${run.id}`);
    },
  };
}

function nameOf({ submission, index }: FollowedTask): string {
  return taskName(submission.name, index);
}
