import { dirname } from 'node:path';
import {
  BenchError,
  type CancelSignal,
  type FeatureExtractor,
  type ImageLayout,
  type NdArray,
} from '@attribution-bench/contract';
import { type ModelInput as DeclaredInput, type ModelOutput, openSession, type Session } from '@attribution-bench/onnx';
import { type Images, resize } from './resize.js';

/** Points as pixels in 0..1: images, or flat vectors for extractors that take those. */
export type Points = Images | { readonly data: Float32Array; readonly points: number; readonly dims: number };

/** How many input values one run of the model is fed at most; bounds memory and fixes which points share a run. */
const blockValues = 4_000_000;
const blockPoints = 64;

/**
 * Features of points under an ONNX model, run in blocks by ONNX Runtime.
 * @param model the bytes of the file that `extractor.file` names; its checksum has been verified
 * @returns [points × dims], row-major
 * @throws BenchError FEATURES_NOT_ONNX, FEATURES_INPUT_SHAPE, FEATURES_OUTPUT, FEATURES_NORMALISATION,
 * FEATURES_NOT_FINITE, FEATURES_RUN
 */
export async function extractFeatures(
  extractor: FeatureExtractor,
  model: Uint8Array,
  points: Points,
  signal: CancelSignal,
): Promise<NdArray<Float32Array>> {
  const session = await open(extractor, model);
  try {
    const input = readInput(extractor, session, points);
    const output = readOutput(extractor, session);
    const prepare = preparer(extractor, input, points);
    let features: Float32Array | undefined;
    let dims = 0;
    for (let start = 0; start < points.points; start += input.block) {
      signal.throwIfAborted();
      const count = Math.min(input.block, points.points - start);
      const rows = input.fixedBatch ? input.block : count;
      const feed = new Float32Array(rows * input.values);
      for (let row = 0; row < count; row++) prepare(start + row, feed, row * input.values);
      const result = await run(extractor, session, input, output, feed, rows);
      const pooled = pool(extractor, input, result);
      if (features === undefined) {
        dims = pooled.length / rows;
        features = new Float32Array(points.points * dims);
      }
      features.set(pooled.subarray(0, count * dims), start * dims);
    }
    const data = features ?? new Float32Array(0);
    const broken = data.findIndex((value) => !Number.isFinite(value));
    if (broken >= 0)
      throw new BenchError({
        code: 'FEATURES_NOT_FINITE',
        place: extractor.file,
        message: `gave ${data[broken]} for point ${Math.floor(broken / dims)}`,
        next: 'check that the size, mean and std are those the extractor was trained with',
      });
    return { shape: [points.points, dims], data };
  } finally {
    await session.release();
  }
}

async function open(extractor: FeatureExtractor, model: Uint8Array): Promise<Session> {
  try {
    return await openSession(model, { weightsFolder: dirname(extractor.file) });
  } catch (cause) {
    throw new BenchError({
      code: 'FEATURES_NOT_ONNX',
      place: extractor.file,
      message: `cannot be read as an ONNX model (${firstLine(cause)})`,
      next: 'export the extractor to ONNX, opset 7 to 26',
      cause,
    });
  }
}

interface ModelInput {
  readonly name: string;
  readonly layout: 'flat' | ImageLayout;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Values of one point. */
  readonly values: number;
  /** Points a run. */
  readonly block: number;
  /** The model takes exactly `block` points per run, no fewer. */
  readonly fixedBatch: boolean;
}

function readInput(extractor: FeatureExtractor, session: Session, points: Points): ModelInput {
  const [metadata, ...others] = session.inputs;
  if (metadata === undefined || others.length > 0 || metadata.type !== 'float32')
    throw inputShapeError(
      extractor,
      `takes ${session.inputs.map(describe).join(', ') || 'no input'}`,
      'export it with one float32 input, an image batch or a batch of vectors',
    );
  const declared = metadata.shape;
  const sizes = declared.map((size) => (typeof size === 'number' && size > 0 ? size : undefined));
  const wanted = `takes ${describe(metadata)}`;
  const ours = 'dims' in points ? `points of shape [${points.dims}]` : `images of shape [${imageShape(points)}]`;
  const batch = sizes[0];
  const shape = declared.length === 2 ? flatShape() : declared.length === 4 ? imageInput() : undefined;
  if (shape === undefined)
    throw inputShapeError(extractor, `${wanted}, the task has ${ours}`, 'use an extractor of images or of vectors');
  const values = shape.height * shape.width * shape.channels;
  const block = batch ?? Math.max(1, Math.min(blockPoints, Math.floor(blockValues / values)));
  return { name: metadata.name, ...shape, values, block, fixedBatch: batch !== undefined };

  function flatShape(): Pick<ModelInput, 'layout' | 'height' | 'width' | 'channels'> | undefined {
    const dims = 'dims' in points ? points.dims : points.height * points.width * points.channels;
    if (sizes[1] !== undefined && sizes[1] !== dims) return undefined;
    if ('dims' in points) return { layout: 'flat', height: 1, width: 1, channels: dims };
    return { layout: 'flat', height: points.height, width: points.width, channels: points.channels };
  }

  function inputLayout(): ImageLayout {
    if (extractor.layout !== 'auto') return extractor.layout;
    const mayBe = (at: number) => sizes[at] === 1 || sizes[at] === 3;
    if (mayBe(1) !== mayBe(3)) return mayBe(1) ? 'channels-first' : 'channels-last';
    throw inputShapeError(
      extractor,
      `${wanted}, whose shape does not say where the channels are`,
      'set extractor.layout to channels-first or channels-last',
    );
  }

  function imageInput(): Pick<ModelInput, 'layout' | 'height' | 'width' | 'channels'> | undefined {
    if ('dims' in points) return undefined;
    const first = inputLayout() === 'channels-first';
    const [channels, height, width] = first ? sizes.slice(1) : [sizes[3], sizes[1], sizes[2]];
    const asked = extractor.size > 0 ? extractor.size : undefined;
    for (const [side, fixed] of [
      ['height', height],
      ['width', width],
    ] as const)
      if (asked !== undefined && fixed !== undefined && asked !== fixed)
        throw inputShapeError(
          extractor,
          `${wanted}: a ${side} of ${fixed}, not ${asked}`,
          `set extractor.size to ${fixed} or leave it out`,
        );
    const taken = channels ?? points.channels;
    if (taken !== points.channels && points.channels !== 1) return undefined;
    return {
      layout: first ? 'channels-first' : 'channels-last',
      height: height ?? asked ?? points.height,
      width: width ?? asked ?? points.width,
      channels: taken,
    };
  }
}

function readOutput(extractor: FeatureExtractor, session: Session): string {
  const names = session.outputNames;
  const name = extractor.output === '' ? names[0] : extractor.output;
  if (name !== undefined && names.includes(name)) return name;
  throw new BenchError({
    code: 'FEATURES_OUTPUT',
    place: extractor.file,
    message: `has no output "${name}"`,
    next: `its outputs are ${names.join(', ')}`,
  });
}

/** A function that writes one point as the model takes it: resized, normalised, in its layout. */
function preparer(
  extractor: FeatureExtractor,
  input: ModelInput,
  points: Points,
): (point: number, feed: Float32Array, offset: number) => void {
  const perChannel = 'dims' in points ? 1 : input.channels;
  const mean = spread('mean', extractor.mean);
  const std = spread('std', extractor.std);
  if (std.some((value) => value === 0)) throw normalisationError('std holds a 0');
  if ('dims' in points)
    return (point, feed, offset) => {
      for (let i = 0; i < points.dims; i++)
        feed[offset + i] = (points.data[point * points.dims + i] - mean[0]) / std[0];
    };
  const { height, width, channels } = input;
  const pixels = points.height * points.width * points.channels;
  const repeat = points.channels === channels ? 1 : 0;
  return (point, feed, offset) => {
    const data = points.data.subarray(point * pixels, (point + 1) * pixels);
    const image = resize({ ...points, data, points: 1 }, height, width);
    for (let at = 0; at < height * width; at++)
      for (let c = 0; c < channels; c++) {
        const value = (image.data[at * image.channels + c * repeat] - mean[c]) / std[c];
        feed[offset + (input.layout === 'channels-first' ? c * height * width + at : at * channels + c)] = value;
      }
  };

  function spread(name: string, values: readonly number[]): number[] {
    if (values.length === 1) return new Array<number>(perChannel).fill(values[0]);
    if (values.length === perChannel) return [...values];
    throw normalisationError(`${name} has ${values.length} numbers for ${perChannel} channels`);
  }

  function normalisationError(message: string): BenchError {
    return new BenchError({
      code: 'FEATURES_NORMALISATION',
      place: extractor.file,
      message,
      next: 'give one number, or one per channel',
    });
  }
}

async function run(
  extractor: FeatureExtractor,
  session: Session,
  input: ModelInput,
  output: string,
  feed: Float32Array,
  rows: number,
): Promise<NdArray<Float32Array>> {
  const { height, width, channels, values } = input;
  const shape = {
    flat: [rows, values],
    'channels-first': [rows, channels, height, width],
    'channels-last': [rows, height, width, channels],
  }[input.layout];
  let result: ModelOutput;
  try {
    const results = await session.run({ [input.name]: { data: feed, shape } }, { [output]: null });
    result = results[output];
  } catch (cause) {
    throw new BenchError({
      code: 'FEATURES_RUN',
      place: extractor.file,
      message: `failed on an input of shape [${shape.join(', ')}] (${firstLine(cause)})`,
      next: 'set extractor.size to the size it was exported for',
      cause,
    });
  }
  if (result.type !== 'float32' || result.shape.length < 2 || result.shape[0] !== rows)
    throw new BenchError({
      code: 'FEATURES_OUTPUT',
      place: extractor.file,
      message: `gave ${result.type} of shape [${result.shape.join(', ')}] for ${rows} points`,
      next: 'its output must be float32 with one row per point',
    });
  return { data: result.data as Float32Array, shape: result.shape };
}

/** One row per point: the output itself, its first token, or its mean over tokens or positions. */
function pool(
  extractor: FeatureExtractor,
  input: ModelInput,
  { data, shape: dims }: NdArray<Float32Array>,
): Float32Array {
  if (dims.length === 2 || extractor.pool === 'flatten') return data;
  const tokens = dims.length === 3;
  if ((extractor.pool === 'first' && !tokens) || dims.length > 4)
    throw new BenchError({
      code: 'FEATURES_OUTPUT',
      place: extractor.file,
      message: `gave shape [${dims.join(', ')}], which has no ${extractor.pool === 'first' ? 'first token' : 'positions'}`,
      next: 'set extractor.pool to flatten',
    });
  const channelsLast = tokens || outputLayout(extractor, input, dims) === 'channels-last';
  const width = channelsLast ? dims[dims.length - 1] : dims[1];
  const positions = dims.slice(1).reduce((product, size) => product * size, 1) / width;
  const taken = extractor.pool === 'first' ? 1 : positions;
  const pooled = new Float32Array(dims[0] * width);
  for (let row = 0; row < dims[0]; row++)
    for (let feature = 0; feature < width; feature++) {
      let sum = 0;
      for (let position = 0; position < taken; position++)
        sum +=
          data[row * positions * width + (channelsLast ? position * width + feature : feature * positions + position)];
      pooled[row * width + feature] = sum / taken;
    }
  return pooled;
}

/** By the ratio of height and width of the input, which positions of a feature map keep unless one is left. */
function outputLayout(extractor: FeatureExtractor, input: ModelInput, dims: readonly number[]): ImageLayout {
  if (extractor.outputLayout !== 'auto') return extractor.outputLayout;
  const arePositions = (height: number, width: number) =>
    (height === 1 && width === 1) || (input.layout !== 'flat' && height * input.width === width * input.height);
  const first = arePositions(dims[2], dims[3]);
  const last = arePositions(dims[1], dims[2]);
  if (first !== last || dims.slice(1).every((size) => size === 1)) return first ? 'channels-first' : 'channels-last';
  throw new BenchError({
    code: 'FEATURES_OUTPUT',
    place: extractor.file,
    message: `gave shape [${dims.join(', ')}], which does not say where the channels are`,
    next: 'set extractor.outputLayout to channels-first or channels-last',
  });
}

function inputShapeError(extractor: FeatureExtractor, message: string, next: string): BenchError {
  return new BenchError({ code: 'FEATURES_INPUT_SHAPE', place: extractor.file, message, next });
}

function describe({ name, type, shape }: DeclaredInput): string {
  return type === undefined ? `"${name}"` : `"${name}" ${type}[${shape.join(', ')}]`;
}

function imageShape({ height, width, channels }: Images): string {
  return [height, width, channels].join(', ');
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0];
}
