import type { GeneratedQueries } from '@attribution-bench/tasks';
import { z } from 'zod';
import { arrayOf, jsonOf } from './checked-fields.js';
import type { ArtifactCodec } from './codec.js';

/** Queries that a generator drew itself, and the model that drew them. */
export const generatedArtifact: ArtifactCodec<GeneratedQueries> = {
  encode({ images, labels, ids, model }) {
    const count = labels.length;
    return {
      arrays: {
        inputs: { shape: [count, images.length / Math.max(1, count)], data: images },
        labels: { shape: [count], data: labels },
        model: { shape: [model.length], data: model },
      },
      metadata: { ids: JSON.stringify(ids) },
    };
  },
  decode(artifact) {
    const labels = arrayOf(artifact, 'labels', 'int32', ['count']).data;
    return {
      images: arrayOf(artifact, 'inputs', 'float32', [labels.length, 'dims']).data,
      labels,
      ids: jsonOf(artifact, 'ids', z.array(z.string()).length(labels.length)),
      model: arrayOf(artifact, 'model', 'float32', ['parameters']).data,
    };
  },
};
