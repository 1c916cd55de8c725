import type { NumericArray } from '@attribution-bench/contract';
import type { PortableTask } from '@attribution-bench/tasks';
import type { FolderWriter } from '../folder-writer.js';
import { writeNpy } from '../formats/write-npy.js';
import { writeSafetensors } from '../formats/write-safetensors.js';
import type { TaskToWrite } from './task-to-write.js';

type Type = Parameters<typeof writeNpy>[3];

/** Writes an array whole and returns its path. */
export function writeArray(
  folder: FolderWriter,
  path: string,
  shape: readonly number[],
  data: NumericArray,
  type: Type,
): Promise<string> {
  return folder.write(path, (append) => writeNpy(append, shape, [data], type));
}

/** Writes the training points and the queries; returns what `task.json` says of both. */
export async function writePoints(folder: FolderWriter, { data, spec }: TaskToWrite, portable: PortableTask) {
  const { inputShape, generatingModel, responses } = data;
  const [train, queries] = [data.labels.length, data.queryLabels.length];
  const { generated, sampler, samplerSteps } = spec.queries;
  return {
    train: {
      count: train,
      ids: data.ids,
      inputs: await writeArray(folder, 'train/inputs.npy', [train, ...inputShape], data.inputs, 'float32'),
      labels: await writeArray(folder, 'train/labels.npy', [train], data.labels, 'int32'),
      flipped: await writeArray(folder, 'train/flipped.npy', [train], data.flipped, 'uint8'),
      ...(responses && {
        responses: await writeArray(folder, 'train/responses.npy', [train], responses.train, 'float32'),
      }),
    },
    queries: {
      count: queries,
      generated,
      ids: data.queryIds,
      inputs: await writeArray(folder, 'queries/inputs.npy', [queries, ...inputShape], data.queryInputs, 'float32'),
      labels: await writeArray(folder, 'queries/labels.npy', [queries], data.queryLabels, 'int32'),
      ...(responses && {
        responses: await writeArray(folder, 'queries/responses.npy', [queries], responses.queries, 'float32'),
      }),
      ...(generatingModel === undefined
        ? {}
        : {
            sampler,
            samplerSteps,
            generatingModel: await folder.write('queries/generating_model.safetensors', (append) =>
              writeSafetensors(append, portable.tensors(generatingModel)),
            ),
          }),
    },
  };
}
