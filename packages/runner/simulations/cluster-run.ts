import type { PackArray } from '../src/slurm/pack-steps.js';
import type { Measured } from './measured.js';

export interface SimulatedCluster {
  /** Tasks that run side by side, each on processors of its own. */
  readonly slots: number;
  readonly cpus: number;
  /** Tasks that the scheduler starts in a second. */
  readonly startsPerSecond: number;
  /** Largest share by which a task is slower than predicted; tasks differ evenly up to it. */
  readonly slowest: number;
  readonly pollSeconds: number;
  /** Files that a step stores. */
  readonly filesPerStep: number;
}

export interface SimulatedRun {
  readonly seconds: number;
  /** Share of the processors' time until the end that steps had. */
  readonly efficiency: number;
  readonly results: Load;
  readonly clone: Load;
}

/** File operations in a second. */
export interface Load {
  readonly mean: number;
  /** In the worst ten seconds. */
  readonly peak: number;
}

const windowSeconds = 10;

interface SimulatedPack {
  readonly array: readonly SimulatedPack[];
  readonly index: number;
  /** Seconds of one worker that a step takes. */
  readonly each: number;
  /** Steps that nobody has taken. */
  left: number;
  isBegun: boolean;
}

interface SimulatedTask {
  readonly pack: SimulatedPack;
  /** Times as long as predicted that its steps take. */
  readonly pace: number;
  /** Packs of others that it has come past. */
  passed: number;
}

/**
 * Runs arrays of tasks on a cluster by a simulated clock: waves one after the other, tasks of a wave as slots become free. A task does as
 * many steps at a time as it has processors, from the front of its pack; with `steals` then from the ends of other packs of its array.
 */
export function runOnCluster(
  arrays: readonly PackArray[],
  cluster: SimulatedCluster,
  costs: Measured,
  { steals }: { readonly steals: boolean },
): SimulatedRun {
  const { slots, cpus, startsPerSecond, slowest, pollSeconds, filesPerStep } = cluster;
  const results = newLoad();
  const clone = newLoad();
  const waves = arrays.reduce((most, { wave }) => Math.max(most, wave + 1), 0);
  const operationsOf = (steps: number, seconds: number): number =>
    steps * (costs.stepOperations + filesPerStep * costs.fileOperations) +
    (steps * seconds * costs.renewOperations) / costs.renewSeconds +
    (seconds / pollSeconds) * costs.lookOperations;
  let busy = 0;
  let now = 0;
  let count = 0;

  /** Runs the tasks of a wave; when the last of them has ended. */
  function runWave(packs: readonly SimulatedPack[]): number {
    const free = new Float64Array(Math.min(slots, packs.length)).fill(now);
    const tasks: (SimulatedTask | undefined)[] = Array.from(free, () => undefined);
    let next = 0;
    let end = now;
    for (;;) {
      const slot = indexOfLeast(free);
      const at = free[slot] ?? Number.POSITIVE_INFINITY;
      if (at === Number.POSITIVE_INFINITY) return end;
      const task = tasks[slot];
      if (task === undefined) {
        const pack = packs[next];
        if (pack === undefined) {
          free[slot] = Number.POSITIVE_INFINITY;
          continue;
        }
        const start = Math.max(at, now + next++ / startsPerSecond);
        const begun = start + costs.startSeconds;
        // Golden-ratio steps are spread evenly, and alike on every run.
        tasks[slot] = { pack, pace: 1 + slowest * ((count++ * 0.618034) % 1), passed: 0 };
        pack.isBegun = true;
        free[slot] = begun;
        clone.add(start, begun, costs.startOperations.clone);
        results.add(start, begun, costs.startOperations.results);
        continue;
      }
      const pack = task.pack.left > 0 ? task.pack : steals ? packToStealFrom(task, cpus) : undefined;
      if (pack === undefined) {
        tasks[slot] = undefined;
        end = Math.max(end, at);
        continue;
      }
      const steps = Math.min(cpus, pack.left);
      const took = pack.each * task.pace;
      pack.left -= steps;
      busy += took * steps;
      free[slot] = at + took;
      const looked = pack === task.pack ? 0 : costs.stealOperations + 2 * steps;
      results.add(at, at + took, operationsOf(steps, took) + looked);
    }
  }

  for (let wave = 0; wave < waves; wave++)
    now = runWave(arrays.filter((array) => array.wave === wave).flatMap(({ packs }) => packsOf(packs)));
  return {
    seconds: now,
    efficiency: busy / (now * slots * cpus),
    results: results.of(now),
    clone: clone.of(now),
  };
}

function packsOf(packs: PackArray['packs']): readonly SimulatedPack[] {
  const array: SimulatedPack[] = [];
  for (const [index, { seconds, steps }] of packs.entries())
    array.push({ array, index, each: seconds / steps.length, left: steps.length, isBegun: false });
  return array;
}

/** After so many packs in a row with nothing to take, a task gives up. */
const mostInVain = 8;

/** The next pack with steps to take, in the order of `stealSteps`; of one that has not begun its first steps are left to it. */
function packToStealFrom(task: SimulatedTask, cpus: number): SimulatedPack | undefined {
  const { array, index } = task.pack;
  for (let inVain = 0; inVain < mostInVain && task.passed < array.length; ) {
    const other = array[(index + Math.ceil(array.length / 2) + task.passed) % array.length];
    if (other !== undefined && other.left > (other.isBegun ? 0 : cpus)) return other;
    task.passed++;
    inVain++;
  }
  return undefined;
}

function indexOfLeast(all: Float64Array): number {
  let least = 0;
  for (let n = 1; n < all.length; n++) if ((all[n] ?? 0) < (all[least] ?? 0)) least = n;
  return least;
}

function newLoad() {
  const seconds: number[] = [];
  let total = 0;
  return {
    /** Operations spread evenly between two moments. */
    add(from: number, to: number, operations: number): void {
      total += operations;
      for (let second = Math.floor(from); second <= Math.floor(to); second++) {
        const overlap = Math.min(to, second + 1) - Math.max(from, second);
        seconds[second] = (seconds[second] ?? 0) + (operations * overlap) / Math.max(to - from, 1e-9);
      }
    },
    of(runSeconds: number): Load {
      let window = 0;
      let most = 0;
      for (let second = 0; second < seconds.length; second++) {
        window += (seconds[second] ?? 0) - (seconds[second - windowSeconds] ?? 0);
        most = Math.max(most, window);
      }
      return { mean: total / runSeconds, peak: most / windowSeconds };
    },
  };
}
