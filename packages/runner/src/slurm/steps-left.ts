import type { Plan } from '../model/plan.js';
import type { PlannedStep } from '../model/step.js';
import { indexSteps } from '../steps/step-index.js';
import type { FollowedTask } from './follow-task.js';

/** Steps of a plan that are to be done, and which of them a task is to do. */
export interface StepsLeft {
  readonly size: number;
  has(id: string): boolean;
  isInFlight(id: string): boolean;
  /** The task that does a step, or is to. */
  taskOf(id: string): FollowedTask | undefined;
  /** Has a step done, though it may have ended before. */
  add(id: string): void;
  /** Leaves some steps to a task. */
  hand(ids: Iterable<string>, task: FollowedTask): void;
  /** A task has begun a step, which may have been another one's to do. */
  begin(id: string, task: FollowedTask): void;
  /** The task of a step has ended: whose pack it is of is to do it again, if it is followed still, and nobody otherwise. */
  takeBack(id: string, isFollowed: (task: FollowedTask) => boolean): void;
  /** A step has ended for good; whether it was left. */
  end(id: string, how: 'done' | 'failed'): boolean;
  /** Steps that can be done, now or after steps that tasks are at, each after those that it needs. */
  toSubmit(): PlannedStep[];
  /** Ids of the jobs that do what some steps need. */
  jobsBefore(ids: Iterable<string>): string[];
}

export function openStepsLeft({ steps }: Pick<Plan, 'steps'>): StepsLeft {
  const byId = indexSteps(steps);
  const left = new Set(steps.filter(({ needed }) => needed).map(({ id }) => id));
  const inFlight = new Map<string, FollowedTask>();
  const owners = new Map<string, FollowedTask>();
  const failed = new Set<string>();
  return {
    get size() {
      return left.size;
    },
    has: (id) => left.has(id),
    isInFlight: (id) => inFlight.has(id),
    taskOf: (id) => inFlight.get(id),
    add(id) {
      left.add(id);
      failed.delete(id);
    },
    hand(ids, task) {
      for (const id of ids) {
        inFlight.set(id, task);
        owners.set(id, task);
      }
    },
    begin(id, task) {
      const before = inFlight.get(id);
      if (!left.has(id) || before === task) return;
      before?.left.delete(id);
      before?.suspects.delete(id);
      task.left.add(id);
      inFlight.set(id, task);
    },
    takeBack(id, isFollowed) {
      const owner = owners.get(id);
      inFlight.delete(id);
      if (owner === undefined || !isFollowed(owner)) return;
      owner.left.add(id);
      inFlight.set(id, owner);
    },
    end(id, how) {
      inFlight.get(id)?.left.delete(id);
      inFlight.delete(id);
      if (!left.delete(id)) return false;
      if (how === 'failed') failed.add(id);
      return true;
    },
    toSubmit() {
      const chosen = new Set<string>();
      const isDoneOrWillBe = (id: string): boolean =>
        left.has(id) ? chosen.has(id) || inFlight.has(id) : !failed.has(id);
      return steps.filter(({ id, needs }) => {
        if (!left.has(id) || inFlight.has(id) || !needs.every(isDoneOrWillBe)) return false;
        chosen.add(id);
        return true;
      });
    },
    jobsBefore(ids) {
      const jobs = new Set<string>();
      for (const id of ids)
        for (const need of byId.get(id)?.needs ?? []) {
          const job = inFlight.get(need)?.submission.job;
          if (job !== undefined) jobs.add(job);
        }
      return [...jobs];
    },
  };
}
