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
  /** Tasks in the queue or running, at most: lines of squeue at each look. */
  readonly mostLive: number;
}

/** File operations in a second. */
export interface Load {
  readonly mean: number;
  /** In the worst ten seconds. */
  readonly peak: number;
}

const binSeconds = 10;

/** Runs arrays of tasks on a cluster by a simulated clock: waves one after the other, tasks of a wave as slots become free. */
export function runOnCluster(arrays: readonly PackArray[], cluster: SimulatedCluster, costs: Measured): SimulatedRun {
  const { slots, cpus, startsPerSecond, slowest, pollSeconds, filesPerStep } = cluster;
  const results = newLoad();
  const clone = newLoad();
  let busy = 0;
  let now = 0;
  let count = 0;
  let left = arrays.reduce((sum, { packs }) => sum + packs.length, 0);
  const mostLive = left;
  for (let wave = 0; left > 0; wave++) {
    const packs = arrays.filter((array) => array.wave === wave).flatMap((array) => array.packs);
    left -= packs.length;
    const free = new Float64Array(Math.min(slots, packs.length)).fill(now);
    let end = now;
    for (const [n, { seconds, steps }] of packs.entries()) {
      const slot = free.indexOf(free.reduce((least, each) => Math.min(least, each), Number.POSITIVE_INFINITY));
      const start = Math.max(free[slot] ?? 0, now + n / startsPerSecond);
      const begun = start + costs.startSeconds;
      // Golden-ratio steps are spread evenly, and alike on every run.
      const took = (seconds / cpus) * (1 + slowest * ((count++ * 0.618034) % 1));
      const done = begun + took;
      free[slot] = done;
      end = Math.max(end, done);
      busy += took * cpus;
      clone.add(start, begun, costs.startOperations.clone);
      results.add(start, begun, costs.startOperations.results);
      const renewed = (cpus * took * costs.renewOperations) / costs.renewSeconds;
      const looked = (took / pollSeconds) * costs.lookOperations;
      const ofStep = costs.stepOperations + filesPerStep * costs.fileOperations;
      results.add(begun, done, steps.length * ofStep + renewed + looked);
    }
    now = end;
  }
  return {
    seconds: now,
    efficiency: busy / (now * slots * cpus),
    results: results.of(now),
    clone: clone.of(now),
    mostLive,
  };
}

function newLoad() {
  const bins: number[] = [];
  let total = 0;
  return {
    /** Operations spread evenly between two moments. */
    add(from: number, to: number, operations: number): void {
      total += operations;
      const [first, last] = [Math.floor(from / binSeconds), Math.floor(to / binSeconds)];
      for (let bin = first; bin <= last; bin++) {
        const overlap = Math.min(to, (bin + 1) * binSeconds) - Math.max(from, bin * binSeconds);
        bins[bin] = (bins[bin] ?? 0) + (operations * overlap) / Math.max(to - from, 1e-9);
      }
    },
    of: (seconds: number): Load => ({
      mean: total / seconds,
      peak: bins.reduce((most, each) => Math.max(most, each), 0) / binSeconds,
    }),
  };
}
