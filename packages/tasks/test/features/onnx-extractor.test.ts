import { BenchError, type FeatureExtractor } from '@attribution-bench/contract';
import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, TensorProto_DataType } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { extractFeatures, type Points } from '../../src/features/onnx-extractor.js';

const signal = { aborted: false, throwIfAborted() {} };
const spec = (change: Partial<FeatureExtractor> = {}): FeatureExtractor => ({
  file: 'features.onnx',
  sha256: '',
  size: 0,
  mean: [0],
  std: [1],
  output: '',
  pool: 'flatten',
  layout: 'auto',
  outputLayout: 'auto',
  ...change,
});

type Shape = readonly (number | string)[];

/** A model of one chain of single-input operators, each named by its ONNX type. */
function chain(operators: readonly string[], input: Shape, output: Shape): Uint8Array {
  const float = TensorProto_DataType.FLOAT;
  const value = (name: string, shape: Shape) => ({
    name,
    type: {
      value: {
        case: 'tensorType' as const,
        value: {
          elemType: float,
          shape: {
            dim: shape.map((size) => ({
              value:
                typeof size === 'number'
                  ? { case: 'dimValue' as const, value: BigInt(size) }
                  : { case: 'dimParam' as const, value: size },
            })),
          },
        },
      },
    },
  });
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 17n }],
    graph: {
      name: 'features',
      node: operators.map((opType, i) => ({
        opType,
        input: [i === 0 ? 'x' : `v${i}`],
        output: [i === operators.length - 1 ? 'y' : `v${i + 1}`],
      })),
      input: [value('x', input)],
      output: [value('y', output)],
    },
  });
  return toBinary(ModelProtoSchema, model);
}

const flat = (points: number, dims: number): Points => ({
  points,
  dims,
  data: Float32Array.from({ length: points * dims }, (_, i) => i / 10),
});
const images = (points: number, height: number, width: number, channels: number): Points => ({
  points,
  height,
  width,
  channels,
  data: Float32Array.from({ length: points * height * width * channels }, (_, i) => i / 10),
});
const identity = (shape: Shape) => chain(['Identity'], shape, shape);

async function failure(extractor: FeatureExtractor, model: Uint8Array, points: Points): Promise<BenchError> {
  const error = await extractFeatures(extractor, model, points, signal).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(BenchError);
  return error as BenchError;
}

describe('extractFeatures', () => {
  it('runs vectors through the model in blocks', async () => {
    const points = flat(150, 3);
    const features = await extractFeatures(spec(), chain(['Relu'], ['n', 3], ['n', 3]), points, signal);
    expect(features.shape).toEqual([150, 3]);
    expect(features.data).toEqual(points.data);
  });

  it('fills up the last run of a model with a fixed batch size', async () => {
    const points = flat(7, 2);
    const features = await extractFeatures(spec(), identity([4, 2]), points, signal);
    expect(features.data).toEqual(points.data);
  });

  it('normalises each channel and lays channels first', async () => {
    const points = images(2, 2, 2, 3);
    const extractor = spec({ mean: [0.1, 0.2, 0.3], std: [1, 2, 4] });
    const { data } = await extractFeatures(extractor, identity(['n', 3, 2, 2]), points, signal);
    for (let point = 0; point < 2; point++)
      for (let c = 0; c < 3; c++)
        for (let at = 0; at < 4; at++) {
          const pixel = points.data[(point * 4 + at) * 3 + c];
          const expected = (pixel - [0.1, 0.2, 0.3][c]) / [1, 2, 4][c];
          expect(data[(point * 3 + c) * 4 + at]).toBeCloseTo(expected, 6);
        }
  });

  it('keeps channels last where the model takes them so', async () => {
    const points = images(2, 5, 4, 3);
    const { data } = await extractFeatures(spec(), identity(['n', 5, 4, 3]), points, signal);
    expect(data).toEqual(points.data);
  });

  it('repeats grey images over three channels and resizes them to what the model declares', async () => {
    const points = images(1, 2, 2, 1);
    const { shape, data } = await extractFeatures(spec(), identity(['n', 3, 4, 4]), points, signal);
    expect(shape).toEqual([1, 48]);
    expect(data.slice(16, 32)).toEqual(data.slice(0, 16));
    expect([...data.slice(0, 4)].map((v) => Math.round(v * 1000) / 1000)).toEqual([0, 0.025, 0.075, 0.1]);
  });

  it('resizes to the size asked for where the model leaves it open', async () => {
    const model = chain(['GlobalAveragePool'], ['n', 1, 'h', 'w'], ['n', 1, 1, 1]);
    const { data } = await extractFeatures(spec({ size: 3 }), model, images(2, 6, 6, 1), signal);
    expect(data[0]).toBeCloseTo(17.5 / 10, 5);
    expect(data[1]).toBeCloseTo(53.5 / 10, 5);
  });

  it('averages a map of features over positions', async () => {
    const { shape, data } = await extractFeatures(
      spec({ pool: 'mean' }),
      identity(['n', 1, 3, 2]),
      images(2, 3, 2, 1),
      signal,
    );
    expect(shape).toEqual([2, 1]);
    expect(data[0]).toBeCloseTo(0.25, 6);
  });

  it('averages over positions, wherever the channels are', async () => {
    const points = images(2, 8, 8, 3);
    const means = [0, 1].flatMap((point) =>
      [0, 1, 2].map((c) => {
        let sum = 0;
        for (let at = 0; at < 64; at++) sum += points.data[(point * 64 + at) * 3 + c];
        return sum / 64;
      }),
    );
    for (const shape of [
      ['n', 8, 8, 3],
      ['n', 3, 8, 8],
    ]) {
      const found = await extractFeatures(spec({ pool: 'mean' }), identity(shape), points, signal);
      expect(found.shape).toEqual([2, 3]);
      for (const [i, value] of means.entries()) expect(found.data[i]).toBeCloseTo(value, 5);
    }
  });

  it('takes the layout of a feature map from the user where its shape does not say it', async () => {
    const points = images(1, 3, 3, 3);
    const unknown = await failure(spec({ pool: 'mean', layout: 'channels-last' }), identity(['n', 3, 3, 3]), points);
    expect(unknown.line).toContain('gave shape [1, 3, 3, 3], which does not say where the channels are');
    expect(unknown.next).toBe('set extractor.outputLayout to channels-first or channels-last');
    const pooled = async (change: Partial<FeatureExtractor>) =>
      (await extractFeatures(spec({ pool: 'mean', ...change }), identity(['n', 3, 3, 3]), points, signal)).data;
    const last = await pooled({ layout: 'channels-last', outputLayout: 'channels-last' });
    expect(await pooled({ layout: 'channels-first', outputLayout: 'channels-first' })).toEqual(last);
    for (const c of [0, 1, 2]) {
      let sum = 0;
      for (let at = 0; at < 9; at++) sum += points.data[at * 3 + c];
      expect(last[c]).toBeCloseTo(sum / 9, 5);
    }
  });

  it('asks for the layout of an input whose shape does not say it', async () => {
    for (const shape of [
      ['n', 3, 3, 3],
      ['n', 'a', 'b', 'c'],
    ]) {
      const error = await failure(spec(), identity(shape), images(1, 3, 3, 3));
      expect(error.code).toBe('FEATURES_INPUT_SHAPE');
      expect(error.next).toBe('set extractor.layout to channels-first or channels-last');
    }
    const { data } = await extractFeatures(
      spec({ layout: 'channels-last' }),
      identity(['n', 'a', 'b', 'c']),
      images(1, 3, 3, 3),
      signal,
    );
    expect(data).toEqual(images(1, 3, 3, 3).data);
  });

  it.each([
    ['first', [0, 0.1]],
    ['mean', [0.2, 0.3]],
    ['flatten', [0, 0.1, 0.2, 0.3, 0.4, 0.5]],
  ] as const)('takes of tokens: %s', async (pool, expected) => {
    const model = chain(['Squeeze'], [2, 1, 3, 2], [2, 3, 2]);
    const { shape, data } = await extractFeatures(spec({ pool }), model, images(2, 3, 2, 1), signal);
    expect(shape).toEqual([2, expected.length]);
    for (const [i, value] of expected.entries()) expect(data[i]).toBeCloseTo(value, 6);
  });

  it('has no first token where there are positions', async () => {
    const error = await failure(spec({ pool: 'first' }), identity(['n', 1, 3, 2]), images(2, 3, 2, 1));
    expect(error.code).toBe('FEATURES_OUTPUT');
  });

  it('refuses a file that is not an ONNX model', async () => {
    const error = await failure(spec(), new TextEncoder().encode('<html>not found</html>'), flat(2, 3));
    expect(error.code).toBe('FEATURES_NOT_ONNX');
    expect(error.line).toContain('features.onnx cannot be read as an ONNX model');
  });

  it('refuses vectors of another length', async () => {
    const error = await failure(spec(), identity(['n', 5]), flat(2, 3));
    expect(error.code).toBe('FEATURES_INPUT_SHAPE');
    expect(error.line).toContain('"x" float32[n, 5], the task has points of shape [3]');
  });

  it('refuses images where the model takes more or fewer channels', async () => {
    const error = await failure(spec(), identity(['n', 1, 4, 4]), images(1, 4, 4, 3));
    expect(error.code).toBe('FEATURES_INPUT_SHAPE');
  });

  it('refuses a size that the model does not take', async () => {
    const error = await failure(spec({ size: 8 }), identity(['n', 3, 4, 4]), images(1, 4, 4, 3));
    expect(error.code).toBe('FEATURES_INPUT_SHAPE');
    expect(error.next).toBe('set extractor.size to 4 or leave it out');
  });

  it('names the outputs when the one asked for is missing', async () => {
    const error = await failure(spec({ output: 'pooler' }), identity(['n', 3]), flat(2, 3));
    expect(error.line).toBe('features.onnx has no output "pooler", its outputs are y');
  });

  it('refuses means that are neither one nor one per channel', async () => {
    const error = await failure(spec({ mean: [0, 0] }), identity(['n', 3, 4, 4]), images(1, 4, 4, 3));
    expect(error.code).toBe('FEATURES_NORMALISATION');
  });

  it('refuses features that are not finite, naming the point', async () => {
    const points = flat(2, 2);
    points.data[3] = -1;
    const error = await failure(spec(), chain(['Sqrt'], ['n', 2], ['n', 2]), points);
    expect(error.line).toContain('gave NaN for point 1');
  });

  it('stops between blocks when cancelled', async () => {
    const cancelled = {
      aborted: true,
      throwIfAborted() {
        throw new Error('cancelled');
      },
    };
    await expect(extractFeatures(spec(), identity(['n', 2]), flat(2, 2), cancelled)).rejects.toThrow('cancelled');
  });
});
