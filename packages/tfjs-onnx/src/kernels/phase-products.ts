import type { GraphBuilder, Value } from '../graph/graph-builder.js';
import { apply, concat, pad, reduce, reshape, slice } from '../graph/operators.js';
import type { WindowPhases } from '../graph/window-phases.js';
import type { tf } from '../tensorflow.js';

type ConvInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

/**
 * The gradient towards the filter of a convolution with stride 1, [height × width × in, out], from the phases of its error:
 * for each of them the pixels that its taps meet, which lie as far apart as the phase's own, times the phase.
 * @param x the input with channels first
 */
export function phaseProducts(g: GraphBuilder, x: Value, phases: WindowPhases, info: ConvInfo): Value {
  const { batchSize, inChannels, outChannels, filterHeight, filterWidth, dilationHeight, dilationWidth } = info;
  const { top, bottom, left, right } = info.padInfo;
  const [down, across] = [phases.length, phases[0].length];
  const [, height, width] = phases[0][0].shape;
  const padded = pad(
    g,
    x,
    [
      [0, 0],
      [0, 0],
      [top, bottom],
      [left, right],
    ],
    0,
  );
  const [padHeight, padWidth] = padded.shape.slice(2);
  /** Pixels of the input from a place on, as far apart as the phases: first all of them, then those that are met. */
  const met = (row: number, column: number): Value => {
    const [i, j] = [row % down, column % across];
    const apart = slice(g, padded, [
      { axis: 2, begin: i, size: Math.ceil((padHeight - i) / down), step: down },
      { axis: 3, begin: j, size: Math.ceil((padWidth - j) / across), step: across },
    ]);
    return slice(g, apart, [
      { axis: 2, begin: (row - i) / down, size: height },
      { axis: 3, begin: (column - j) / across, size: width },
    ]);
  };
  const taps = Array.from({ length: filterHeight * filterWidth }, (_, k) => [
    Math.floor(k / filterWidth) * dilationHeight,
    (k % filterWidth) * dilationWidth,
  ]);
  const products = phases.flatMap((row, i) =>
    row.map((phase, j) => {
      const parts = taps.map(([tapRow, tapColumn]) => met(i + tapRow, j + tapColumn));
      const patches = reshape(g, concat(g, parts, 1), [batchSize, taps.length * inChannels, height * width]);
      const error = reshape(g, phase, [batchSize, height * width, outChannels]);
      return apply(g, 'MatMul', [patches, error], { shape: [batchSize, patches.shape[1], outChannels] });
    }),
  );
  return reduce(g, 'ReduceSum', apply(g, 'Sum', products), [0]);
}
