import { type NdArray, sha256 } from '@attribution-bench/contract';
import { Malformed } from '@attribution-bench/store';
import { arrayOf, optionalArrayOf, textOf } from './checked-fields.js';
import type { ArtifactCodec } from './codec.js';

/** What is kept of one retraining for the truth. */
export interface Retraining {
  /** Target of every query, [queries]. */
  readonly targets: Float32Array;
  /** Mean training loss of the last epoch. */
  readonly loss: number;
  /** SHA-256 of the model's parameters, lower-case hex. */
  readonly weights: string;
}

/** @param queries that the task has */
export function retrainingArtifact(queries: number): ArtifactCodec<Retraining> {
  return {
    encode: ({ targets, loss, weights }) => ({
      arrays: {
        outputs: { shape: [targets.length], data: targets },
        loss: { shape: [1], data: Float32Array.of(loss) },
      },
      metadata: { weights },
    }),
    decode(artifact) {
      const weights = textOf(artifact, 'weights');
      if (!/^[0-9a-f]{64}$/.test(weights)) throw new Malformed('has "weights" that is not a SHA-256');
      return {
        targets: arrayOf(artifact, 'outputs', 'float32', [queries]).data,
        loss: arrayOf(artifact, 'loss', 'float32', [1]).data[0],
        weights,
      };
    },
  };
}

/** SHA-256 of numbers as they lie in memory, lower-case hex. */
export function digestOf({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): string {
  return sha256(new Uint8Array(buffer, byteOffset, byteLength));
}

/** What is kept of the models that a metric asks for, in the order in which it asks for them. */
export interface MetricRetraining {
  /** Target of every query, [queries] for each model. */
  readonly targets: readonly Float32Array[];
  /** What each model drew, [images × dims]; absent where nothing was to be drawn. */
  readonly images?: readonly Float32Array[];
}

export const metricRetrainingArtifact: ArtifactCodec<MetricRetraining> = {
  encode: ({ targets, images }) => ({
    arrays: { outputs: stackedRows(targets), ...(images && { images: stackedRows(images) }) },
    metadata: {},
  }),
  decode(artifact) {
    const outputs = arrayOf(artifact, 'outputs', 'float32', ['models', 'queries']);
    const images = optionalArrayOf(artifact, 'images', 'float32', [outputs.shape[0], 'images × dims']);
    return { targets: rowsOf(outputs), ...(images && { images: rowsOf(images) }) };
  },
};

function stackedRows(rows: readonly Float32Array[]): NdArray<Float32Array> {
  const columns = rows[0].length;
  const data = new Float32Array(rows.length * columns);
  for (const [row, values] of rows.entries()) data.set(values, row * columns);
  return { shape: [rows.length, columns], data };
}

function rowsOf({ shape: [rows, columns], data }: NdArray<Float32Array>): Float32Array[] {
  return Array.from({ length: rows }, (_, row) => data.slice(row * columns, (row + 1) * columns));
}
