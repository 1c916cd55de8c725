import type { ArtifactRef } from '@attribution-bench/store';
import { areShared, isShared, pointArray } from '@attribution-bench/tasks';

/** Training points of a dataset in memory that the threads of a process share. */
export interface SharedPoints {
  readonly points: Float32Array;
  /** One number: whether they are there, see {@link pointsOf}. */
  readonly state: Int32Array;
}

/** Where the threads of a process keep training points, so that each dataset is in memory once. */
export interface PointMemory {
  /** The memory of a dataset: the same for all threads that ask while it is kept. */
  of(dataset: ArtifactRef, numbers: number): Promise<SharedPoints>;
  /** Keeps points that were just made, so that nobody needs to read them, where threads can share them. */
  keep(dataset: ArtifactRef, points: Float32Array): void;
}

const empty = 0;
const filling = 1;
const filled = 2;

/**
 * The training points of a dataset. The first thread that wants them reads them, the others wait for it; few points each reads
 * for itself.
 * @param fill reads them @throws what `fill` throws; whoever waits then tries by itself
 */
export async function pointsOf(
  memory: PointMemory,
  dataset: ArtifactRef,
  numbers: number,
  fill: (into: Float32Array) => Promise<void>,
): Promise<Float32Array> {
  if (!areShared(numbers)) {
    const own = pointArray(numbers);
    await fill(own);
    return own;
  }
  const { points, state } = await memory.of(dataset, numbers);
  for (;;) {
    const found = Atomics.compareExchange(state, 0, empty, filling);
    if (found === filled) return points;
    if (found === filling) {
      await Atomics.waitAsync(state, 0, filling).value;
      continue;
    }
    let outcome = empty;
    try {
      await fill(points);
      outcome = filled;
      return points;
    } finally {
      Atomics.store(state, 0, outcome);
      Atomics.notify(state, 0);
    }
  }
}

/** Datasets whose points a process keeps: as many as a thread has tasks open. */
const datasetsKept = 2;

/** Keeps the points of the few datasets that were asked for last, for all threads of a process. */
export function openPointMemory(): PointMemory {
  const kept = new Map<string, SharedPoints>();
  const keep = ({ key }: ArtifactRef, shared: SharedPoints): SharedPoints => {
    kept.delete(key);
    kept.set(key, shared);
    for (const oldest of kept.keys()) if (kept.size > datasetsKept) kept.delete(oldest);
    return shared;
  };
  return {
    async of(dataset, numbers) {
      return keep(dataset, kept.get(dataset.key) ?? { points: pointArray(numbers), state: newState(empty) });
    },
    keep(dataset, points) {
      if (isShared(points)) keep(dataset, { points, state: newState(filled) });
    },
  };
}

function newState(state: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)).fill(state);
}
