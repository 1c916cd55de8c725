import type { SparseEntries } from '@attribution-bench/numerics';
import type { LayerSpec } from '../nn/architecture/layer.js';
import type { Patches } from '../nn/architecture/patches.js';

/**
 * out += G · S where S has entries for few elements of a layer's gradients G [samples × size]: only these are computed, each
 * as a sum over rows and positions of input · delta.
 * @param input the layer's inputs [samples × rows × positions × width], or the images that patches are taken from
 * @param delta [samples × rows × positions × out]
 * @param out [samples × columns]
 */
export function addChosenEntries(
  layer: LayerSpec,
  { input, delta }: { readonly input: Float32Array; readonly delta: Float32Array },
  samples: number,
  { rows, columns, values }: SparseEntries,
  out: Float32Array,
): void {
  const { patches, outputs } = layer;
  const wide = out.length / samples;
  const [inputSize, deltaSize] = [input.length / samples, delta.length / samples];
  const entry = patches === undefined ? denseEntry(layer, deltaSize) : convolvedEntry(layer, patches, deltaSize);
  for (let sample = 0; sample < samples; sample++) {
    for (let e = 0; e < rows.length; e++) {
      const [from, unit] = [Math.floor(rows[e] / outputs), rows[e] % outputs];
      const sum = entry(input, sample * inputSize, delta, sample * deltaSize, from, unit);
      out[sample * wide + columns[e]] += values[e] * sum;
    }
  }
}

/** One element of one sample's gradient, whose factors start at the given places. */
type Entry = (
  input: Float32Array,
  inputPlace: number,
  delta: Float32Array,
  deltaPlace: number,
  from: number,
  unit: number,
) => number;

function denseEntry({ width, outputs }: LayerSpec, deltaSize: number): Entry {
  const pairs = deltaSize / outputs;
  return (input, inputPlace, delta, deltaPlace, from, unit) => {
    let sum = 0;
    for (let pair = 0; pair < pairs; pair++) {
      sum += input[inputPlace + pair * width + from] * delta[deltaPlace + pair * outputs + unit];
    }
    return sum;
  };
}

function convolvedEntry({ outputs }: LayerSpec, patches: Patches, deltaSize: number): Entry {
  const { kernel, stride, pads } = patches;
  const [height, width, channels] = patches.input;
  const [tall, wide] = patches.output;
  const images = deltaSize / (tall * wide * outputs);
  return (input, inputPlace, delta, deltaPlace, from, unit) => {
    let sum = 0;
    if (from === kernel * kernel * channels) {
      for (let place = deltaPlace + unit; place < deltaPlace + deltaSize; place += outputs) sum += delta[place];
      return sum;
    }
    const tap = Math.floor(from / channels);
    const shiftY = Math.floor(tap / kernel) - pads[0];
    const shiftX = (tap % kernel) - pads[2];
    const [firstX, endX] = within(shiftX, stride, width, wide);
    const [firstY, endY] = within(shiftY, stride, height, tall);
    for (let image = 0; image < images; image++) {
      for (let y = firstY; y < endY; y++) {
        const row = ((image * height + y * stride + shiftY) * width + shiftX) * channels + (from % channels);
        const error = (image * tall + y) * wide * outputs + unit;
        for (let x = firstX; x < endX; x++) {
          sum += input[inputPlace + row + x * stride * channels] * delta[deltaPlace + error + x * outputs];
        }
      }
    }
    return sum;
  };
}

/** Positions x in [0, positions) for which x · stride + shift lies in [0, size), as [first, end). */
function within(shift: number, stride: number, size: number, positions: number): [number, number] {
  const first = Math.max(0, Math.ceil(-shift / stride));
  return [first, Math.max(first, Math.min(positions, Math.ceil((size - shift) / stride)))];
}
