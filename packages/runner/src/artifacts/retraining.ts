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
  /** 1 where a model gives a query its label, [queries] for each model; absent where that was not asked. */
  readonly right?: readonly Uint8Array[];
  /** What each model drew, [images × dims]; absent where nothing was to be drawn. */
  readonly images?: readonly Float32Array[];
}

export const metricRetrainingArtifact: ArtifactCodec<MetricRetraining> = {
  encode: ({ targets, right, images }) => ({
    arrays: {
      outputs: stackedRows(targets, new Float32Array(lengthOf(targets))),
      ...(right && { right: stackedRows(right, new Uint8Array(lengthOf(right))) }),
      ...(images && { images: stackedRows(images, new Float32Array(lengthOf(images))) }),
    },
    metadata: {},
  }),
  decode(artifact) {
    const outputs = arrayOf(artifact, 'outputs', 'float32', ['models', 'queries']);
    const right = optionalArrayOf(artifact, 'right', 'uint8', outputs.shape);
    const images = optionalArrayOf(artifact, 'images', 'float32', [outputs.shape[0], 'images × dims']);
    const rows = <T>({
      shape,
      data,
    }: {
      readonly shape: readonly number[];
      readonly data: { slice(start: number, end: number): T };
    }) => rowsOf(shape, (start, end) => data.slice(start, end));
    return {
      targets: rows(outputs),
      ...(right && { right: rows(right) }),
      ...(images && { images: rows(images) }),
    };
  },
};

/** @param data as long as all rows together, which are written into it */
function stackedRows<T extends Float32Array | Uint8Array>(rows: readonly T[], data: T): NdArray<T> {
  const columns = rows[0].length;
  for (const [row, values] of rows.entries()) data.set(values, row * columns);
  return { shape: [rows.length, columns], data };
}

function rowsOf<T>([rows, columns]: readonly number[], cut: (start: number, end: number) => T): T[] {
  return Array.from({ length: rows }, (_, row) => cut(row * columns, (row + 1) * columns));
}

function lengthOf(rows: readonly ArrayLike<number>[]): number {
  return rows.length * rows[0].length;
}
