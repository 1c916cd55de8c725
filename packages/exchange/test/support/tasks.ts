import { deriveSeed } from '@attribution-bench/contract';
import {
  type LoadedCheckpoint,
  openTask,
  prepareData,
  resolveTask,
  type Task,
  taskKey,
} from '@attribution-bench/tasks';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import type { TaskToWrite } from '../../src/index.js';
import { uncancelled } from './points.js';

/** A task as it is written in a grid, with trained models and the opened task that trained them. */
export async function trainedTask(
  raw: Record<string, unknown>,
  { checkpoints, snapshots }: { readonly checkpoints: number; readonly snapshots: number },
): Promise<{ readonly toWrite: TaskToWrite; readonly task: Task }> {
  const resolved = resolveTask({ id: 'tiny', ...raw }, 7);
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.problems));
  const { spec } = resolved;
  const key = taskKey(spec, undefined);
  const data = await prepareData(spec, { cacheFolder: '/nonexistent', offline: true, log() {} });
  const task = await openTask(spec, data, onnxEngine);
  const runs: { models: LoadedCheckpoint[]; losses: Float32Array }[] = [];
  for (let run = 0; run < checkpoints; run++) {
    const seed = deriveSeed(spec.seed, key, 'checkpoint', 0, run);
    const [trained] = await task.train({ runs: [{ seed }], snapshots, cancel: uncancelled });
    const models = trained.snapshots.map((model) => ({ ...model, id: `run ${run} step ${model.step}`, run, seed }));
    runs.push({ models, losses: trained.losses });
  }
  return {
    task,
    toWrite: {
      spec,
      key,
      data,
      methodSeed: 0,
      checkpoints: runs.map(({ models, losses }) => ({ checkpoint: models[models.length - 1], losses })),
      trajectory: runs[0].models,
    },
  };
}
