import { sizeOf } from '@attribution-bench/contract';
import type { PointSource } from '../dataset.js';
import { labelNamed, marksAt, type Plant, plantError, someOf } from './plant.js';

/**
 * A square on images of one class, which a model then takes for the class, and on queries of other classes, which are
 * explained as that class (quanda's shortcut detection, after Koh and Liang 2017).
 */
export const shortcut: Plant<'shortcut'> = (data, { class: name, share, queryShare, side, value }, ground) => {
  const { source, rng } = ground;
  const label = labelNamed(name, 'shortcut.class', ground);
  const shape = imageShape(source);
  if (shape === undefined)
    throw plantError('DATA_NOT_IMAGES', ground, 'shortcut', 'needs images', 'take a dataset of images');
  const rows = (labels: Int32Array, own: boolean) =>
    Array.from(labels.keys()).filter((row) => (labels[row] === label) === own);
  const train = someOf(rows(data.labels, true), share, rng);
  const queries = someOf(rows(data.queryLabels, false), queryShare, rng);
  if (train.length === 0 || queries.length === 0)
    throw plantError(
      'DATA_TOO_FEW',
      ground,
      'shortcut',
      'has no point to stand on',
      'raise data.train or data.queries',
    );
  const [height, width, channels] = shape;
  const square = Math.max(1, Math.round(side * Math.min(height, width)));
  const stamp = (inputs: Float32Array, at: readonly number[]) => {
    for (const row of at)
      for (let y = 0; y < square; y++) {
        const start = row * sizeOf(shape) + y * width * channels;
        inputs.fill(value, start, start + square * channels);
      }
  };
  stamp(data.inputs, train);
  stamp(data.queryInputs, queries);
  const queryLabels = data.queryLabels.slice();
  for (const row of queries) queryLabels[row] = label;
  return {
    ...data,
    queryLabels,
    marks: {
      ...data.marks,
      shortcut: { train: marksAt(train, data.labels.length), queries: marksAt(queries, queryLabels.length) },
    },
  };
};

/** Height, width and channels; flat pixels are those of a square image in one channel. */
function imageShape({ inputShape, pixels }: PointSource): readonly [number, number, number] | undefined {
  const [height, width, channels] = inputShape;
  if (inputShape.length === 3) return [height, width, channels];
  const side = Math.round(Math.sqrt(height));
  return pixels && inputShape.length === 1 && side * side === height ? [side, side, 1] : undefined;
}
