import {
  type CancelSignal,
  deriveSeed,
  type ModelMethodContext,
  type RowBlock,
  type Seed,
} from '@attribution-bench/contract';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import {
  type LoadedCheckpoint,
  openTask,
  prepareData,
  resolveTask,
  type Task,
  type TaskData,
  type TaskSpec,
} from '../../src/index.js';

export const uncancelled: CancelSignal = { aborted: false, throwIfAborted() {} };

export function specOf(raw: Record<string, unknown>, seed = 7): TaskSpec {
  const resolved = resolveTask({ id: 'test', ...raw }, seed);
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.problems));
  return resolved.spec;
}

export async function dataOf(spec: TaskSpec): Promise<TaskData> {
  return prepareData(spec, { cacheFolder: '/nonexistent', offline: true, log() {} });
}

export async function taskOf(raw: Record<string, unknown>, seed = 7): Promise<Task> {
  const spec = specOf(raw, seed);
  return openTask(spec, await dataOf(spec), onnxEngine);
}

export function runSeed(index: number): Seed {
  return deriveSeed(1, 'test', 'checkpoint', index);
}

export function checkpointOf(parameters: Float32Array, run = 0): LoadedCheckpoint {
  return { id: `run-${run}`, run, step: 1, epoch: 1, learningRate: 0.1, parameters, seed: runSeed(run) };
}

export function contextOf(
  task: Task,
  checkpoints: readonly LoadedCheckpoint[],
  cancel = uncancelled,
): ModelMethodContext {
  return task.context({ checkpoints, trajectory: [], scope: [1, 2, 3, 4], cancel, progress() {}, log() {} });
}

/** All rows of a stream, copied, and how many blocks they came in. */
export async function allRows(
  blocks: AsyncIterable<RowBlock>,
): Promise<{ data: Float32Array; cols: number; blocks: number }> {
  const parts: Float32Array[] = [];
  let cols = 0;
  for await (const block of blocks) {
    parts.push(block.data.slice(0, block.rows * block.cols));
    cols = block.cols;
  }
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return { data, cols, blocks: parts.length };
}

/** Largest absolute difference over largest absolute expected value. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs(found[i] - expected[i]));
  }
  return worst / largest(expected);
}

/** Share of values that are off by more than `tolerance` times the largest absolute expected value. */
export function shareOff(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): number {
  const bound = tolerance * largest(expected);
  let off = 0;
  for (let i = 0; i < expected.length; i++) if (Math.abs(found[i] - expected[i]) > bound) off++;
  return off / expected.length;
}

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most;
}
