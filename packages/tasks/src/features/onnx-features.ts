import type { CancelSignal, FeatureExtractor, NdArray } from '@attribution-bench/contract';
import type { Normalisation } from '../data/normalisation.js';
import type { DataEnvironment } from '../data/task-data.js';
import { readExtractor } from './extractor-file.js';
import { extractFeatures, type Points } from './onnx-extractor.js';

/** Points as a task holds them. */
export interface TaskPoints {
  /** [points × dims] */
  readonly inputs: Float32Array;
  /** Shape of one point. */
  readonly inputShape: readonly number[];
  /** How pixels from 0 to 1 were normalised. */
  readonly normalisation: Normalisation;
}

/**
 * Features of a task's points under the ONNX model that a method names, [points × dims].
 * @throws BenchError FEATURES_* as {@link readExtractor} and {@link extractFeatures}
 */
export async function onnxFeatures(
  extractor: FeatureExtractor,
  points: TaskPoints,
  environment: DataEnvironment,
  signal: CancelSignal,
): Promise<NdArray<Float32Array>> {
  return extractFeatures(extractor, await readExtractor(extractor, environment), extractorPoints(points), signal);
}

/**
 * Points as an extractor takes them, pixels in 0..1. A flat point whose length is a square may stand for a grey image; an
 * extractor of vectors sees it as it is.
 */
export function extractorPoints({ inputs, inputShape, normalisation: { mean, std } }: TaskPoints): Points {
  const data = mean === 0 && std === 1 ? inputs : inputs.map((value) => value * std + mean);
  const dims = inputShape.reduce((product, size) => product * size, 1);
  const points = inputs.length / dims;
  const side = Math.sqrt(dims);
  const [height, width, channels] =
    inputShape.length === 3
      ? inputShape
      : inputShape.length === 2
        ? [...inputShape, 1]
        : Number.isInteger(side)
          ? [side, side, 1]
          : [];
  return height === undefined ? { data, points, dims } : { data, points, height, width, channels };
}
