import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FeatureExtractor } from '@attribution-bench/contract';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  ModelProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
} from 'onnx-buf';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { externalWeights } from '../../src/features/external-weights.js';
import { checkExtractor, readExtractor } from '../../src/features/extractor-file.js';
import { extractFeatures } from '../../src/features/onnx-extractor.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'external-weights-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const shapeOf = (...sizes: readonly (number | string)[]) => ({
  dim: sizes.map((size) => ({
    value:
      typeof size === 'number'
        ? { case: 'dimValue' as const, value: BigInt(size) }
        : { case: 'dimParam' as const, value: size },
  })),
});
const inputOf = (name: string, dims: number) => ({
  name,
  type: {
    value: {
      case: 'tensorType' as const,
      value: { elemType: TensorProto_DataType.FLOAT, shape: shapeOf('n', dims) },
    },
  },
});
const outside = (name: string, location: string) => ({
  name,
  dataType: TensorProto_DataType.FLOAT,
  dims: [2n, 3n],
  dataLocation: TensorProto_DataLocation.EXTERNAL,
  externalData: [
    { key: 'location', value: location },
    { key: 'offset', value: '0' },
    { key: 'length', value: '24' },
  ],
});

/** y = x · w with the 2 × 3 matrix w in another file. */
const model = (location: string): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 17n }],
      graph: {
        name: 'product',
        node: [{ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }],
        initializer: [outside('w', location)],
        input: [inputOf('x', 2)],
        output: [inputOf('y', 3)],
      },
    }),
  );

const weights = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
const sha256 = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};
const spec = (file: string, checksum: string): FeatureExtractor => ({
  file,
  sha256: checksum,
  size: 0,
  mean: [0],
  std: [1],
  output: '',
  pool: 'flatten',
  layout: 'auto',
  outputLayout: 'auto',
});
const environment = { cacheFolder: '', log() {} };

describe('weights beside the model', () => {
  const first = weights(1, 2, 3, 4, 5, 6);
  const put = async (content = first): Promise<string> => {
    await writeFile(join(folder, 'e.onnx'), model('e.onnx.data'));
    await writeFile(join(folder, 'e.onnx.data'), content);
    return join(folder, 'e.onnx');
  };

  test('are used, from any working folder, and count into the checksum', async () => {
    const file = await put();
    const extractor = spec(file, sha256(model('e.onnx.data'), first));
    const bytes = await readExtractor(extractor, environment);
    const points = { data: Float32Array.of(1, 10), points: 1, dims: 2 };
    const { data } = await extractFeatures(extractor, bytes, points, { aborted: false, throwIfAborted() {} });
    expect([...data]).toEqual([41, 52, 63]);
    await put(weights(6, 5, 4, 3, 2, 1));
    for (const check of [checkExtractor(extractor), readExtractor(extractor, environment)])
      await expect(check).rejects.toMatchObject({
        code: 'FEATURES_CHECKSUM',
        message: expect.stringContaining('together with its weights in e.onnx.data, expected'),
      });
  });

  test('are part of the checksum that is asked for: that of the model alone is not enough', async () => {
    const file = await put();
    const alone = spec(file, sha256(model('e.onnx.data')));
    await expect(checkExtractor(alone)).rejects.toMatchObject({ code: 'FEATURES_CHECKSUM' });
    const next = `set extractor.sha256 to ${sha256(model('e.onnx.data'), first)}`;
    await expect(checkExtractor(spec(file, ''))).rejects.toMatchObject({ next });
  });

  test('are missed by name', async () => {
    const file = await put();
    await rm(join(folder, 'e.onnx.data'));
    await expect(checkExtractor(spec(file, ''))).rejects.toMatchObject({
      code: 'FEATURES_FILE',
      message: `keeps weights in ${join(folder, 'e.onnx.data')}, which cannot be read`,
    });
  });

  test.each(['../secret', '/etc/passwd', 'a/../../b', '*/_ORT_NATIVE_ENDIAN_MEM_ADDR_/*'])(
    'are not looked for at %s',
    async (location) => {
      const file = join(folder, 'e.onnx');
      await mkdir(join(folder, 'a'));
      await writeFile(file, model(location));
      await expect(checkExtractor(spec(file, ''))).rejects.toMatchObject({ code: 'FEATURES_FILE' });
    },
  );
});

test('weights are found wherever ONNX keeps tensors', () => {
  const attribute = { name: 'value', type: AttributeProto_AttributeType.TENSOR, t: outside('', 'constant') };
  const nested = {
    name: 'then_branch',
    type: AttributeProto_AttributeType.GRAPH,
    g: {
      initializer: [outside('', 'in-branch')],
      sparseInitializer: [{ values: outside('', 'sparse') }],
    },
  };
  const bytes = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      graph: {
        node: [
          { opType: 'Constant', attribute: [attribute] },
          { opType: 'If', attribute: [nested] },
        ],
        initializer: [outside('', 'plain'), outside('', 'plain')],
      },
      functions: [
        { name: 'f', node: [{ opType: 'Constant', attribute: [{ ...attribute, t: outside('', 'function') }] }] },
      ],
    }),
  );
  expect(externalWeights(bytes)).toEqual(['constant', 'function', 'in-branch', 'plain', 'sparse']);
  for (let end = 0; end < bytes.length; end += 7)
    expect(externalWeights(bytes.subarray(0, end)).length).toBeLessThan(6);
  expect(externalWeights(Buffer.from('no model at all'))).toEqual([]);
});
