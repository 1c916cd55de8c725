import { type NumericArray, Rng, type Seed } from '@attribution-bench/contract';
import type { TensorSpec } from '@attribution-bench/tfjs-onnx/runtime';
import type { Architecture } from './layer.js';

/** Specs of all parameters by name, with a leading model axis when `models` is given. */
export function parameterSpecs(architecture: Architecture, models?: number): Record<string, TensorSpec> {
  const leading = models === undefined ? [] : [models];
  return Object.fromEntries(
    architecture.parameters.map(({ name, shape }) => [name, { shape: [...leading, ...shape], dtype: 'float32' }]),
  );
}

/** The parameters of one model by name: views of its flat vector. */
export function unpacked(architecture: Architecture, flat: Float32Array): Record<string, Float32Array> {
  return Object.fromEntries(
    architecture.parameters.map(({ name, offset, size }) => [name, flat.subarray(offset, offset + size)]),
  );
}

/** The parameters of several models by name, stacked along a leading model axis. */
export function stacked(architecture: Architecture, flats: readonly Float32Array[]): Record<string, Float32Array> {
  return Object.fromEntries(
    architecture.parameters.map(({ name, offset, size }) => {
      const data = new Float32Array(flats.length * size);
      for (const [m, flat] of flats.entries()) data.set(flat.subarray(offset, offset + size), m * size);
      return [name, data];
    }),
  );
}

/** The flat vector of model `index` of a stack. */
export function packed(
  architecture: Architecture,
  arrays: Readonly<Record<string, NumericArray>>,
  index = 0,
): Float32Array {
  const flat = new Float32Array(architecture.size);
  for (const { name, offset, size } of architecture.parameters) {
    flat.set(arrays[name].subarray(index * size, (index + 1) * size), offset);
  }
  return flat;
}

/** Initial parameters, uniform around each one's centre, drawn in flat order. */
export function initialParameters(architecture: Pick<Architecture, 'parameters' | 'size'>, seed: Seed): Float32Array {
  const rng = new Rng(seed);
  const flat = new Float32Array(architecture.size);
  for (const { offset, size, bound, centre = 0 } of architecture.parameters) {
    for (let i = offset; i < offset + size; i++) flat[i] = centre + (2 * rng.uniform() - 1) * bound;
  }
  return flat;
}
