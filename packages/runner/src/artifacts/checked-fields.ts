import { type DType, dtypeOf, type NdArray, type NumericArray } from '@attribution-bench/contract';
import { type Artifact, Malformed } from '@attribution-bench/store';
import type { z } from 'zod';

interface ArrayTypes {
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  readonly int32: Int32Array;
  readonly uint8: Uint8Array;
}

/**
 * An array of an artifact.
 * @param dims a number where the size must be that one, a word for it where it may be any
 * @throws Malformed when there is none of that name, or it has another type or shape
 */
export function arrayOf<D extends DType>(
  { arrays }: Artifact,
  name: string,
  dtype: D,
  dims: readonly (number | string)[],
): NdArray<ArrayTypes[D] & NumericArray> {
  const found = arrays[name];
  if (found === undefined) throw new Malformed(`has no array "${name}"`);
  const sameShape =
    found.shape.length === dims.length &&
    dims.every((size, axis) => typeof size === 'string' || size === found.shape[axis]);
  if (sameShape && dtypeOf(found.data) === dtype) return found as NdArray<ArrayTypes[D] & NumericArray>;
  throw new Malformed(
    `has an array "${name}" of ${dtypeOf(found.data)} [${found.shape.join(' × ')}] where ${dtype} [${dims.join(' × ')}] is expected`,
  );
}

/** An array that an artifact may lack. @throws Malformed as {@link arrayOf} when there is one that does not fit */
export function optionalArrayOf<D extends DType>(
  artifact: Artifact,
  name: string,
  dtype: D,
  dims: readonly (number | string)[],
): NdArray<ArrayTypes[D] & NumericArray> | undefined {
  return artifact.arrays[name] === undefined ? undefined : arrayOf(artifact, name, dtype, dims);
}

/** Text about an artifact. @throws Malformed when there is none of that name */
export function textOf({ metadata }: Artifact, name: string): string {
  const text = metadata[name];
  if (text === undefined) throw new Malformed(`does not say "${name}"`);
  return text;
}

/** A value that was written as JSON. @throws Malformed when there is none, or it does not fit the schema */
export function jsonOf<T>(artifact: Artifact, name: string, schema: z.ZodType<T>): T {
  return parsed(textOf(artifact, name), `"${name}"`, schema);
}

/** A whole number, 0 or more. @throws Malformed when there is none */
export function countOf(artifact: Artifact, name: string): number {
  const count = Number(textOf(artifact, name));
  if (!Number.isSafeInteger(count) || count < 0) throw new Malformed(`has "${name}" that is not a count`);
  return count;
}

/** A value as an array of its JSON in UTF-8: the header of a file is for little things. */
export function jsonArray(value: unknown): NdArray<Uint8Array> {
  const data = new TextEncoder().encode(JSON.stringify(value));
  return { shape: [data.length], data };
}

/** What {@link jsonArray} was made of. @throws Malformed when there is none, or it does not fit the schema */
export function jsonArrayOf<T>(artifact: Artifact, name: string, schema: z.ZodType<T>): T {
  return parsed(new TextDecoder().decode(arrayOf(artifact, name, 'uint8', ['bytes']).data), `array "${name}"`, schema);
}

/** The value itself and not the schema's copy: keys keep their order. */
function parsed<T>(text: string, what: string, schema: z.ZodType<T>): T {
  let value: T;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Malformed(`has ${what} that is not JSON`);
  }
  if (schema.safeParse(value).success) return value;
  throw new Malformed(`has ${what} that says something else than expected`);
}
