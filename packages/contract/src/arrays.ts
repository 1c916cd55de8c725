/** Element types that artifacts and engines exchange. */
export type DType = 'float32' | 'float64' | 'int32' | 'uint8';
export type NumericArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** A dense array in row-major (C) order. */
export interface NdArray<T extends NumericArray = NumericArray> {
  readonly shape: readonly number[];
  readonly data: T;
}

export function dtypeOf(data: NumericArray): DType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  return 'uint8';
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}
