import type { Store } from '@attribution-bench/store';
import { type DataEnvironment, openTask, type Task } from '@attribution-bench/tasks';
import {
  deviceEngine,
  deviceOf,
  type Engine,
  onnxEngineOn,
  type Threads,
  tfjsEngine,
} from '@attribution-bench/tfjs-onnx';
import type { TaskSource } from '../model/job.js';
import type { PointMemory } from './point-memory.js';
import { readData } from './read-data.js';

/** Tasks kept open between steps, the most recently used few of them. */
export interface OpenTasks {
  use(source: TaskSource): Promise<Task>;
  release(): Promise<void>;
}

/** @param threads how many an engine on the processor may compute on; default one */
export async function engineOf(name: TaskSource['engine'], threads: Threads = () => 1): Promise<Engine> {
  const device = deviceOf(name);
  if (device !== undefined) return deviceEngine(device);
  return name === 'onnx' ? onnxEngineOn(threads) : tfjsEngine();
}

/**
 * Keeps up to `most` tasks open; a task holds its dataset and its compiled graphs. Not for concurrent use.
 * @param threads as {@link engineOf} has it
 */
export function openTasks(
  store: Store,
  most: number,
  points: PointMemory,
  environment: DataEnvironment,
  threads?: Threads,
): OpenTasks {
  const open = new Map<string, Task>();
  return {
    async use(source) {
      const { engine, spec, key, dataset, generated } = source;
      const id = [engine, spec.id, key, dataset.key, generated?.key].join(' ');
      const known = open.get(id);
      if (known !== undefined) {
        open.delete(id);
        open.set(id, known);
        return known;
      }
      for (const [oldest, task] of open) {
        if (open.size < most) break;
        open.delete(oldest);
        await task.release();
      }
      const task = await openTask(
        spec,
        await readData(store, source, points),
        await engineOf(engine, threads),
        environment,
      );
      open.set(id, task);
      return task;
    },
    async release() {
      const tasks = [...open.values()];
      open.clear();
      for (const task of tasks) await task.release();
    },
  };
}
