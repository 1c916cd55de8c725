import { BenchError, plural } from '@attribution-bench/contract';
import type { RunOutcome } from '../journal/events.js';
import { launchFailed } from './job-states.js';

/** A task that ended with steps left. */
export interface Loss {
  /** `<array>_<index>`. */
  readonly job: string;
  /** In capitals, as the scheduler says it; absent where it has forgotten the task. */
  readonly state: string | undefined;
  readonly node: string;
  /** Where it wrote what it printed. */
  readonly log: string;
  /** How it said itself that it ended; absent where it was killed. */
  readonly outcome: RunOutcome | undefined;
  /** Steps that are left, those of them that it began, and labels of those that it was at. */
  readonly left: readonly string[];
  readonly began: readonly string[];
  readonly wasAt: readonly string[];
  /** Steps that it did. */
  readonly done: number;
  readonly memoryBytes: number;
  readonly minutes: number;
}

/** How a step is submitted after it was lost. */
export interface AfterLoss {
  /** Times the memory and the time that were predicted. */
  readonly memory: number;
  readonly time: number;
  /** Whether in a task of its own. */
  readonly alone: boolean;
}

/** Keeps account of tasks that ended early, and what follows from that. */
export interface Losses {
  readonly excludedNodes: readonly string[];
  /** Enters a loss, and says it; the steps that are not to be tried again, and why. */
  enter(loss: Loss): { readonly id: string; readonly error: BenchError }[];
  /** Has nothing more run on a node. */
  leaveOut(node: string, why: string): void;
  of(step: string): AfterLoss;
  /** A step was done. */
  progress(): void;
  /**
   * What came of the submissions before, asked once for each: whether a step was done, or the next submission differs from the one
   * before, and the ids of the arrays that lost a task.
   */
  takeRound(): { readonly progress: boolean; readonly arrays: ReadonlySet<string> };
  /** Why what is left is given up. */
  error(): BenchError;
}

/** A step that so many tasks were at when they died is not tried again. */
const mostDeaths = 3;
const unhurt: AfterLoss = { memory: 1, time: 1, alone: false };
/** A task ends so through no fault of what it did, nor of its node. */
const outerStates = new Set(['CANCELLED', 'PREEMPTED', 'REVOKED', 'COMPLETED', 'TIMEOUT', 'DEADLINE', launchFailed]);
const nodeStates = new Set(['NODE_FAIL', 'BOOT_FAIL']);

/**
 * @param note says something for people
 * @param mostMinutes longest time limit that a task can be given
 */
export function openLosses(note: (line: string) => void, mostMinutes = Number.POSITIVE_INFINITY): Losses {
  const excluded = new Set<string>();
  const after = new Map<string, AfterLoss>();
  const deaths = new Map<string, number>();
  /** Least memory of tasks that ran out of it with a step left, in bytes. */
  const outgrown = new Map<string, number>();
  let arrays = new Set<string>();
  let advanced = false;
  let last: Loss | undefined;
  const of = (step: string): AfterLoss => after.get(step) ?? unhurt;
  const change = (steps: readonly string[], settings: (before: AfterLoss) => Partial<AfterLoss>): void => {
    for (const step of steps) after.set(step, { ...of(step), ...settings(of(step)) });
    advanced = true;
  };

  function leaveOut(node: string, why: string): void {
    if (node === '' || excluded.has(node)) return;
    excluded.add(node);
    advanced = true;
    note(`${node} is left out from now on: it ${why}`);
  }

  function outOfMemory(loss: Loss): string[] {
    const hadMore = loss.left.some((step) => (outgrown.get(step) ?? loss.memoryBytes) < loss.memoryBytes);
    if (hadMore) return loss.began.length > 0 ? [...loss.began] : [...loss.left];
    for (const step of loss.left) outgrown.set(step, loss.memoryBytes);
    change(loss.left, () => ({ memory: 2 }));
    note(`job ${loss.job} has run out of memory (${mib(loss.memoryBytes)} MiB): once more with twice as much`);
    return [];
  }

  function outOfTime(loss: Loss): string[] {
    if (loss.done > 0) return [];
    const blamed = loss.began.length > 0 ? loss.began : loss.left;
    const tried = loss.minutes < mostMinutes ? [] : blamed.filter((step) => of(step).time > 1);
    if (tried.length === 0) change(loss.left, ({ time }) => ({ time: time * 2 }));
    return tried;
  }

  /** A task died of what it did, or of its node: what it was at goes on in tasks of its own. */
  function died(loss: Loss): string[] {
    if (loss.began.length === 0) leaveOut(loss.node, `ended job ${loss.job} before it began (${stateOf(loss)})`);
    const blamed = loss.began.length > 0 ? loss.began : loss.left;
    for (const step of blamed) deaths.set(step, (deaths.get(step) ?? 0) + 1);
    change(loss.began, () => ({ alone: true }));
    return blamed.filter((step) => (deaths.get(step) ?? 0) >= mostDeaths);
  }

  return {
    get excludedNodes() {
      return [...excluded];
    },
    of,
    leaveOut,
    enter(loss) {
      last = loss;
      arrays.add(loss.job.split('_')[0]);
      const { state = 'UNKNOWN', outcome, left } = loss;
      if (left.length === 0) return [];
      const at = loss.wasAt.length === 0 ? '' : `; it was at ${loss.wasAt.join(', ')}`;
      if (outcome === undefined || outcome.incomplete !== undefined)
        note(
          `job ${loss.job}${loss.node && ` on ${loss.node}`} ended (${stateOf(loss)}) with ${plural(left.length, 'step')} left${at}: see ${loss.log}`,
        );
      let given: string[] = [];
      if (state === 'OUT_OF_MEMORY') given = outOfMemory(loss);
      else if (nodeStates.has(state)) leaveOut(loss.node, 'failed');
      else if (isOutOfTime(loss)) given = outOfTime(loss);
      else if (outcome === undefined && state !== 'UNKNOWN' && !outerStates.has(state)) given = died(loss);
      return given.map((id) => ({ id, error: lostError(loss) }));
    },
    progress() {
      advanced = true;
    },
    takeRound() {
      const round = { progress: advanced, arrays };
      advanced = false;
      arrays = new Set();
      return round;
    },
    error: () => lostError(last),
  };
}

function stateOf({ state, outcome }: Loss): string {
  return outcome?.incomplete ?? state?.toLowerCase().replaceAll('_', ' ') ?? 'Slurm has forgotten how';
}

function isOutOfTime({ state, outcome }: Loss): boolean {
  return state === 'TIMEOUT' || outcome?.incomplete === 'max-time';
}

function mib(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

function lostError(loss: Loss | undefined): BenchError {
  if (loss?.state === 'OUT_OF_MEMORY')
    return new BenchError({
      code: 'SLURM_LOST',
      message: `its tasks ran out of memory twice, the last time with ${mib(loss.memoryBytes)} MiB`,
      next: 'raise `memory` of the profile, or lower `cpus`',
    });
  if (loss !== undefined && isOutOfTime(loss))
    return new BenchError({
      code: 'SLURM_LOST',
      message: `it was not done within the time limit of ${plural(loss.minutes, 'minute')}`,
      next: 'raise `time` of the profile',
    });
  return new BenchError({
    code: 'SLURM_LOST',
    message: `its tasks ended again and again before it was done${loss === undefined ? '' : ` (${stateOf(loss)})`}`,
    next: 'see the logs of the jobs that the command named, and give the same command again',
  });
}
