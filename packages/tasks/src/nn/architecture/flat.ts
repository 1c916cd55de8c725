import { type NumericArray, Rng, type Seed } from '@attribution-bench/contract';
import type { TensorSpec } from '@attribution-bench/onnx';
import type { ParameterSpec } from './layer.js';

/**
 * Arrays that lie side by side in a flat vector: an architecture's `parameters`, or its `arrays`, which are all of a model, or
 * runs of them as one.
 */
type Arrays = readonly Pick<ParameterSpec, 'name' | 'shape' | 'offset' | 'size'>[];

/** Numbers of all arrays. */
export function flatSize(arrays: Arrays): number {
  return arrays.reduce((sum, { size }) => sum + size, 0);
}

/** Specs of arrays by name, with a leading model axis when `models` is given. */
export function parameterSpecs(arrays: Arrays, models?: number): Record<string, TensorSpec> {
  const leading = models === undefined ? [] : [models];
  return Object.fromEntries(
    arrays.map(({ name, shape }) => [name, { shape: [...leading, ...shape], dtype: 'float32' }]),
  );
}

/** The arrays of one flat vector by name: views of it. */
export function unpacked(arrays: Arrays, flat: Float32Array): Record<string, Float32Array> {
  return Object.fromEntries(arrays.map(({ name, offset, size }) => [name, flat.subarray(offset, offset + size)]));
}

/** The arrays of several flat vectors by name, stacked along a leading model axis. */
export function stacked(arrays: Arrays, flats: readonly Float32Array[]): Record<string, Float32Array> {
  return Object.fromEntries(
    arrays.map(({ name, offset, size }) => {
      const data = new Float32Array(flats.length * size);
      for (const [m, flat] of flats.entries()) data.set(flat.subarray(offset, offset + size), m * size);
      return [name, data];
    }),
  );
}

/** The flat vector of model `index` of a stack. */
export function packed(arrays: Arrays, values: Readonly<Record<string, NumericArray>>, index = 0): Float32Array {
  const flat = new Float32Array(flatSize(arrays));
  for (const { name, offset, size } of arrays) {
    flat.set(values[name].subarray(index * size, (index + 1) * size), offset);
  }
  return flat;
}

/** Initial values around each array's centre, drawn in flat order. */
export function initialValues(arrays: readonly ParameterSpec[], seed: Seed): Float32Array {
  const rng = new Rng(seed);
  const flat = new Float32Array(flatSize(arrays));
  for (const { offset, size, bound, deviation, centre = 0 } of arrays) {
    const draw = deviation === undefined ? () => (2 * rng.uniform() - 1) * bound : () => rng.normal() * deviation;
    for (let i = offset; i < offset + size; i++) flat[i] = centre + draw();
  }
  return flat;
}
