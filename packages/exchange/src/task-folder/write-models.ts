import type { LoadedCheckpoint, PortableTask } from '@attribution-bench/tasks';
import type { FolderWriter } from '../folder-writer.js';
import { writeSafetensors } from '../formats/write-safetensors.js';
import type { TaskToWrite, TrainedModel } from './task-to-write.js';
import { writeArray } from './write-points.js';

/** The version of ONNX's operators that networks are written in. */
const opset = 21;

/** Writes final models with what their runs went by, and models along run 0; returns what `task.json` says of them. */
export async function writeModels(
  folder: FolderWriter,
  { checkpoints, trajectory, spec }: TaskToWrite,
  portable: PortableTask,
) {
  const model = (path: string, parameters: Float32Array) =>
    folder.write(path, (append) => writeSafetensors(append, portable.tensors(parameters)));
  const run = async ({ checkpoint, losses }: TrainedModel) => {
    const place = `checkpoints/${checkpoint.run}`;
    const { steps, initial, batches, learningRates, timesteps } = portable.run(checkpoint.seed);
    const { batch } = spec.training;
    return {
      ...placeOf(checkpoint),
      seed: checkpoint.seed,
      weights: await model(`${place}/model.safetensors`, checkpoint.parameters),
      initial: await model(`${place}/initial.safetensors`, initial),
      batches: await writeArray(folder, `${place}/batches.npy`, [steps, batch], batches, 'int32'),
      learningRates: await writeArray(folder, `${place}/learning_rates.npy`, [steps], learningRates, 'float64'),
      losses: await writeArray(folder, `${place}/losses.npy`, [losses.length], losses, 'float32'),
      ...(timesteps === undefined
        ? {}
        : { timesteps: await writeArray(folder, `${place}/timesteps.npy`, [steps, batch], timesteps, 'int32') }),
    };
  };
  const written = { checkpoints: [] as unknown[], trajectory: [] as unknown[] };
  for (const trained of checkpoints) written.checkpoints.push(await run(trained));
  for (const [index, checkpoint] of trajectory.entries())
    written.trajectory.push({
      ...placeOf(checkpoint),
      weights: await model(`trajectory/${index}.safetensors`, checkpoint.parameters),
    });
  return written;
}

function placeOf({ id, run, step, epoch, learningRate }: LoadedCheckpoint) {
  return { id, run, step, epoch, learningRate };
}

/** Writes the network with the parameters of the first checkpoint; returns what `task.json` says of it. */
export async function writeNetwork(folder: FolderWriter, parameters: Float32Array, portable: PortableTask) {
  const { onnx, batch } = await portable.network(parameters);
  const batched = (shape: readonly number[]) => [batch ?? 'batch', ...shape];
  return {
    file: await folder.write('model.onnx', (append) => append(onnx)),
    batch: batch ?? null,
    inputs: Object.entries(portable.networkInputs).map(([name, shape]) => ({
      name,
      dtype: 'float32',
      shape: batched(shape),
    })),
    output: { name: 'output', dtype: 'float32', shape: batched([portable.networkOutputs]) },
    opset,
    weights: 'checkpoints/0/model.safetensors',
  };
}
