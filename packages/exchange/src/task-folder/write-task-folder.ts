import { createRequire } from 'node:module';
import type { CancelSignal } from '@attribution-bench/contract';
import { makeFolderAtomically } from '@attribution-bench/store';
import { type PortableTask, portableTask } from '@attribution-bench/tasks';
import { type FolderWriter, folderWriter } from '../folder-writer.js';
import { schemas } from '../schemas.js';
import type { TaskToWrite } from './task-to-write.js';
import { writeDiffusion } from './write-diffusion.js';
import { writeModels, writeNetwork } from './write-models.js';
import { writePoints } from './write-points.js';
import { writeTruth } from './write-truth.js';

/** Name of the file that says what the others are. */
export const taskFile = 'task.json';
const { name, version } = createRequire(import.meta.url)('../../package.json') as { name: string; version: string };

/**
 * Writes a task as a folder of the schema `bench/task@1` (docs/task-folder.md): everything that a method may see, in NumPy
 * arrays, safetensors and ONNX. The folder is there whole or not at all; same task, same bytes.
 * @param options.replace whether a folder of this name goes; otherwise it stays as it is
 * @throws BenchError STORE_FULL, STORE_UNWRITABLE, STORE_WRITE; Cancelled
 */
export async function writeTaskFolder(
  folder: string,
  task: TaskToWrite,
  { cancel, replace = false }: { readonly cancel: CancelSignal; readonly replace?: boolean },
): Promise<void> {
  const portable = portableTask(task.spec, task.data);
  const fill = async (temporary: string): Promise<void> => {
    const writer = folderWriter(temporary, () => cancel.throwIfAborted());
    const described = await writeParts(writer, task, portable);
    const text = `${JSON.stringify({ ...described, files: writer.files }, undefined, 1)}\n`;
    await writer.write(taskFile, (append) => append(new TextEncoder().encode(text)));
  };
  await makeFolderAtomically(folder, fill, { replace });
}

/** Writes everything but `task.json`, and returns what that says. */
async function writeParts(writer: FolderWriter, task: TaskToWrite, portable: PortableTask) {
  const { spec, key, data, methodSeed, checkpoints, truth } = task;
  const { kind, architecture, diffusion } = portable;
  const [first] = checkpoints;
  const points = await writePoints(writer, task, portable);
  const models = await writeModels(writer, task, portable);
  return {
    schema: schemas.task,
    id: spec.id,
    key,
    producer: { name, version },
    kind,
    input: { shape: data.inputShape, dtype: 'float32' },
    classes: kind === 'classifier' ? data.classes : 0,
    ...points,
    target: portable.target,
    loss: portable.loss,
    model: portable.model,
    training: { ...spec.training, steps: portable.steps, words: portable.trainingWords },
    parameters: architecture.size,
    layers: architecture.layers.map(({ name, kind, offset, size, parameters }) => ({
      name,
      kind,
      offset,
      size,
      arrays: parameters.map(placeOf),
    })),
    statistics: architecture.statistics.map(placeOf),
    ...(first !== undefined && { network: await writeNetwork(writer, first.checkpoint.parameters, portable) }),
    seeds: { grid: spec.seed, method: methodSeed },
    ...models,
    ...(diffusion !== undefined && { diffusion: await writeDiffusion(writer, task, diffusion) }),
    data: portable.data,
    truth: truth === undefined ? null : await writeTruth(writer, truth, data.labels.length),
  };
}

function placeOf({ name, shape, offset, size }: PortableTask['architecture']['arrays'][number]) {
  return { name, shape, offset, size };
}
