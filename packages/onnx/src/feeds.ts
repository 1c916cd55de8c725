import { BenchError, type DType, dtypeOf, type NdArray, type NumericArray, sizeOf } from '@attribution-bench/contract';

/** Shape and element type of one input or output; a size of -1 is only known when the program runs. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export type TensorSpecs = Readonly<Record<string, TensorSpec>>;

/** Data for one input, row-major; an NdArray where more than one size of the input is open. */
export type Feed = NumericArray | NdArray;

/** What a program takes. */
export interface FeedSpecs {
  readonly inputs: TensorSpecs;
  /** Inputs of a scan that are fed step by step: their leading sizes must agree. */
  readonly stepwise?: readonly string[];
}

/**
 * The feeds with their full shapes, or a BenchError that names the input and what is wrong with it. A single open size
 * is found from the number of elements.
 */
export function checkFeeds(
  { inputs, stepwise = [] }: FeedSpecs,
  feeds: Readonly<Record<string, Feed>>,
): Record<string, NdArray> {
  for (const name of Object.keys(feeds))
    if (!Object.hasOwn(inputs, name))
      throw new BenchError({
        code: 'FEED_UNKNOWN',
        message: `the program has no input "${name}"`,
        next: `its inputs are ${Object.keys(inputs).join(', ')}`,
      });
  const arrays = Object.fromEntries(
    Object.entries(inputs).map(([name, spec]) => {
      const feed = feeds[name];
      if (feed === undefined)
        throw new BenchError({
          code: 'FEED_MISSING',
          message: `input "${name}" was not fed`,
          next: `it is ${describe(spec)}`,
        });
      return [name, checkArray(`input "${name}"`, spec, feed)];
    }),
  );
  const steps = stepwise.map((name) => arrays[name].shape[0]);
  if (steps.some((count) => count !== steps[0]))
    throw new BenchError({
      code: 'FEED_STEPS',
      message: `the steps fed disagree: ${stepwise.map((name, i) => `"${name}" has ${steps[i]}`).join(', ')}`,
    });
  return arrays;
}

/** The arrays that outputs are to be written into, checked in the same way; null for outputs that get new ones. */
export function checkTargets(
  outputs: TensorSpecs,
  targets: Readonly<Record<string, Feed>>,
): Record<string, NdArray | null> {
  for (const name of Object.keys(targets))
    if (!Object.hasOwn(outputs, name))
      throw new BenchError({
        code: 'FEED_UNKNOWN',
        message: `the program has no output "${name}"`,
        next: `its outputs are ${Object.keys(outputs).join(', ')}`,
      });
  return Object.fromEntries(
    Object.entries(outputs).map(([name, spec]) => [
      name,
      Object.hasOwn(targets, name) ? checkArray(`output "${name}"`, spec, targets[name]) : null,
    ]),
  );
}

function checkArray(place: string, spec: TensorSpec, feed: Feed): NdArray {
  const { data, shape: given } = ArrayBuffer.isView(feed) ? { data: feed, shape: undefined } : feed;
  const dtype = dtypeOf(data);
  if (dtype !== spec.dtype)
    throw new BenchError({ code: 'FEED_DTYPE', message: `${place} is ${describe(spec)}, fed ${dtype}` });
  if (data.buffer instanceof SharedArrayBuffer)
    throw new BenchError({
      code: 'FEED_SHARED',
      message: `${place} was fed shared memory, which ONNX Runtime refuses`,
      next: 'copy it once per worker: data.slice()',
    });
  const shape = given ?? completeShape(spec.shape, data.length);
  const fits =
    shape !== undefined &&
    shape.length === spec.shape.length &&
    spec.shape.every((size, axis) => size < 0 || size === shape[axis]) &&
    sizeOf(shape) === data.length;
  if (!fits)
    throw new BenchError({
      code: 'FEED_SHAPE',
      message: `${place} is ${describe(spec)}, fed ${given === undefined ? '' : `[${given.join(', ')}] with `}${data.length} elements`,
      ...(spec.shape.filter((size) => size < 0).length > 1 && given === undefined
        ? { next: 'feed { shape, data }: more than one of its sizes is open' }
        : {}),
    });
  return { shape, data };
}

function completeShape(shape: readonly number[], elements: number): readonly number[] | undefined {
  const open = shape.filter((size) => size < 0).length;
  if (open === 0) return shape;
  const rest = sizeOf(shape.filter((size) => size >= 0));
  if (open > 1 || rest === 0 || elements % rest !== 0) return undefined;
  return shape.map((size) => (size < 0 ? elements / rest : size));
}

function describe(spec: TensorSpec): string {
  return `${spec.dtype} [${spec.shape.map((size) => (size < 0 ? '?' : size)).join(', ')}]`;
}
