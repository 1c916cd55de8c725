import type { SubsetModel } from '@attribution-bench/tasks';
import { arrayOf, optionalArrayOf } from './checked-fields.js';
import type { ArtifactCodec } from './codec.js';

/** How a model that was trained on a subset is stored. @param sizes of the task */
export function subsetModelArtifact({
  train,
  queries,
}: {
  readonly train: number;
  readonly queries: number;
}): ArtifactCodec<SubsetModel> {
  return {
    encode: ({ targets, onTrain }) => ({
      arrays: {
        targets: { shape: [targets.length], data: targets },
        ...(onTrain && { onTrain: { shape: [onTrain.length], data: onTrain } }),
      },
      metadata: {},
    }),
    decode(artifact) {
      const onTrain = optionalArrayOf(artifact, 'onTrain', 'float32', [train])?.data;
      return { targets: arrayOf(artifact, 'targets', 'float32', [queries]).data, ...(onTrain && { onTrain }) };
    },
  };
}
