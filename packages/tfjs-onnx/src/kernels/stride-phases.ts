import { sizeOf } from '@attribution-bench/contract';
import type { GraphBuilder, Value } from '../graph/graph-builder.js';
import { pad, reshape, slice, transpose } from '../graph/operators.js';
import type { ConvolutionAxis } from './image-convolution.js';

/** The convolution with stride 1, on every `stride`-th pixel as a channel of its own. */
interface PhaseAxis {
  readonly inputs: number;
  readonly outputs: number;
  readonly filter: number;
  readonly padding: number;
  /** Zeros before and after the taps of the filter make up for steps that it covers in part. */
  readonly zeros: readonly [number, number];
  readonly stride: number;
}

/** Undefined where pixels do not divide into steps. */
export function phaseAxis({ inputs, outputs, filter, stride, padding }: ConvolutionAxis): PhaseAxis | undefined {
  if (inputs % stride !== 0) return undefined;
  const before = Math.ceil(padding / stride);
  const first = before * stride - padding;
  const taps = Math.ceil((first + filter) / stride);
  const zeros = [first, taps * stride - first - filter] as const;
  return { inputs: inputs / stride, outputs, filter: taps, padding: before, zeros, stride };
}

/** Images [batch, height, width, channels] and filters [height, width, in, out] of a convolution made one of stride 1. */
interface Phases {
  image(x: Value): Value;
  imageBack(x: Value): Value;
  filter(w: Value): Value;
  filterBack(w: Value): Value;
}

/** A convolution with strides is one of stride 1 between the phases of the image and those of the filter. */
export function stridePhases(g: GraphBuilder, rows: PhaseAxis, columns: PhaseAxis): Phases {
  const [down, across] = [rows.stride, columns.stride];
  if (down === 1 && across === 1) {
    const same = (x: Value): Value => x;
    return { image: same, imageBack: same, filter: same, filterBack: same };
  }
  const taps = [rows.filter * down, columns.filter * across];
  return {
    image(x) {
      const [batch, height, width, channels] = x.shape;
      const split = reshape(g, x, [batch, height / down, down, width / across, across * channels]);
      const phases = [batch, height / down, width / across, down * across * channels];
      return reshape(g, transpose(g, split, [0, 1, 3, 2, 4]), phases);
    },
    imageBack(x) {
      const [batch, height, width, phases] = x.shape;
      const split = reshape(g, x, [batch, height, width, down, phases / down]);
      const image = [batch, height * down, width * across, phases / (down * across)];
      return reshape(g, transpose(g, split, [0, 1, 3, 2, 4]), image);
    },
    filter(w) {
      const [, , inputs, outputs] = w.shape;
      const whole = pad(g, w, [rows.zeros, columns.zeros, [0, 0], [0, 0]], 0);
      const split = reshape(g, whole, [rows.filter, down, columns.filter, across * inputs, outputs]);
      const phases = [rows.filter, columns.filter, down * across * inputs, outputs];
      return reshape(g, transpose(g, split, [0, 2, 1, 3, 4]), phases);
    },
    filterBack(w) {
      const outputs = w.shape[3];
      const inputs = sizeOf(w.shape) / (taps[0] * taps[1] * outputs);
      const split = reshape(g, w, [rows.filter, columns.filter, down, across * inputs, outputs]);
      const whole = reshape(g, transpose(g, split, [0, 2, 1, 3, 4]), [...taps, inputs, outputs]);
      return slice(
        g,
        whole,
        [rows, columns].map(({ zeros: [before, after] }, axis) => ({
          axis,
          begin: before,
          size: taps[axis] - before - after,
        })),
      );
    },
  };
}
