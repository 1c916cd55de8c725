import { type DType, Rng, sizeOf } from '@attribution-bench/contract';
import { blockedDomain, channelBlock, encodeModel, microsoftDomain, openSession } from '@attribution-bench/onnx';
import { describe, expect, it } from 'vitest';
import { createGraphBuilder, type NodeSpec, nodesInOrder, type Value } from '../src/graph/graph-builder.js';
import { isUndivided, ragged, threadsAtMost, undivided } from '../src/graph/same-bytes.js';
import { writeGraph } from '../src/graph/write-graph.js';

const rng = new Rng([1, 2, 3, 4]);
const threads = [1, 2, 3, 5, threadsAtMost];
const block = await channelBlock();
const g = createGraphBuilder(block);
let inputs = 0;
const float = (...shape: number[]): Value => g.input(`x${inputs++}`, 'float32', shape, false);
const int = (...shape: number[]): Value => g.input(`x${inputs++}`, 'int32', shape, false);
const ints = (...data: number[]): Value =>
  g.constant('int64', [data.length], BigInt64Array.from(data.map((one) => BigInt(one))));

/** Bytes of what a node gives, on each number of threads, and whether it was said to give the same on all. */
async function tried(spec: NodeSpec): Promise<{ said: boolean; same: boolean }> {
  const [value] = g.node(spec);
  if (value.source.kind !== 'node') throw new Error('not a node');
  const { node } = value.source;
  const used = nodesInOrder([value]).flatMap((one) => one.inputs);
  const operands = used.filter((one): one is Value => one?.source.kind === 'input');
  const named = operands.map((one) => ({ name: one.source.kind === 'input' ? one.source.name : '', value: one }));
  const model = encodeModel(writeGraph(g, named, [{ name: 'y', value }]));
  const feeds = Object.fromEntries(
    named.map(({ name, value: { type, shape } }) => {
      const length = sizeOf(shape);
      const data =
        type === 'float32'
          ? Float32Array.from({ length }, () => 0.05 + 2 * rng.uniform())
          : Int32Array.from({ length }, () => rng.below(2));
      return [name, { shape, data }];
    }),
  );
  const bytes: string[] = [];
  for (const count of threads) {
    const session = await openSession(model, { threads: count });
    const { y } = await session.run(feeds, { y: null });
    const { buffer, byteOffset, byteLength } = y.data as Float32Array;
    bytes.push(Buffer.from(buffer, byteOffset, byteLength).toString('base64'));
    await session.release();
  }
  return { said: isUndivided(node), same: bytes.every((one) => one === bytes[0]) };
}

const result = (type: DType | 'bool' | 'int64', ...shape: number[]) => [{ type, shape }];
const square = { ints: [3, 3] };
const convolution = { kernel_shape: square, pads: { ints: [1, 1, 1, 1] }, strides: { ints: [1, 1] } };

/** An operator at sizes at which threads share it, the last part being an odd one. */
function exampleOf(op: string): NodeSpec {
  const shape = [37, 1013];
  const of = (...operands: Value[]): NodeSpec => ({ op, inputs: operands, outputs: result('float32', ...shape) });
  switch (op) {
    case 'ArgMax':
    case 'ArgMin':
      return {
        op,
        inputs: [float(...shape)],
        attributes: { axis: { int: 1 }, keepdims: { int: 0 } },
        outputs: result('int64', 37),
      };
    case 'AveragePool':
    case 'MaxPool':
      return { op, inputs: [float(3, 5, 31, 33)], attributes: convolution, outputs: result('float32', 3, 5, 31, 33) };
    case 'Cast':
      return { ...of(float(...shape)), attributes: { to: { int: 6 } }, outputs: result('int32', ...shape) };
    case 'Concat':
      return {
        ...of(float(...shape), float(...shape)),
        attributes: { axis: { int: 0 } },
        outputs: result('float32', 74, 1013),
      };
    case 'Equal':
    case 'Greater':
    case 'GreaterOrEqual':
    case 'Less':
    case 'LessOrEqual':
      return { ...of(float(...shape), float(...shape)), outputs: result('bool', ...shape) };
    case 'Expand':
      return of(float(1013), ints(...shape));
    case 'Gather':
      return {
        op,
        inputs: [float(...shape), int(501)],
        attributes: { axis: { int: 0 } },
        outputs: result('float32', 501, 1013),
      };
    case 'Pad':
      return { ...of(float(...shape), ints(0, 1, 2, 0)), outputs: result('float32', 39, 1014) };
    case 'ReduceMax':
    case 'ReduceMin':
      return { ...of(float(...shape), ints(0)), outputs: result('float32', 1, 1013) };
    case 'ReorderInput':
      return {
        op,
        domain: blockedDomain,
        inputs: [float(2, 2 * block, 31, 33)],
        outputs: result('float32', 2, 2 * block, 31, 33),
      };
    case 'ReorderOutput': {
      const attributes = { channels: { int: 2 * block } };
      return {
        op,
        domain: blockedDomain,
        attributes,
        inputs: [float(2, 2 * block, 31, 33)],
        outputs: result('float32', 2, 2 * block, 31, 33),
      };
    }
    case 'Reshape':
      return { ...of(float(...shape), ints(1013, 37)), outputs: result('float32', 1013, 37) };
    case 'ScatterElements':
      return {
        ...of(float(...shape), int(...shape), float(...shape)),
        attributes: { axis: { int: 0 }, reduction: { string: 'add' } },
      };
    case 'Slice':
      return { ...of(float(...shape), ints(1), ints(36), ints(0)), outputs: result('float32', 35, 1013) };
    case 'Transpose':
      return { ...of(float(...shape)), attributes: { perm: { ints: [1, 0] } }, outputs: result('float32', 1013, 37) };
    case 'Where': {
      const [condition] = g.node({
        op: 'Greater',
        inputs: [float(...shape), float(...shape)],
        outputs: result('bool', ...shape),
      });
      return of(condition, float(...shape), float(...shape));
    }
    case 'Add':
    case 'Div':
    case 'Max':
    case 'Min':
    case 'Mul':
    case 'Pow':
    case 'Sub':
    case 'Sum':
      return of(float(...shape), float(1013));
    default:
      return of(float(...shape));
  }
}

/** Products, convolutions and sums of the sizes at which what threads do changes. */
const sized: NodeSpec[] = [];
const pick = <T>(...from: readonly T[]): T => from[rng.below(from.length)];
for (let i = 0; i < 60; i++) {
  const [rows, columns] = [pick(1, 9, 16, 31, 64, 129, 256), pick(1, 8, 16, 33, 65, 128, 513, 1024)];
  const terms = pick(27, 128, 129, 600);
  const [transA, transB] = [rng.below(2), rng.below(2)];
  const attributes = { transA: { int: transA }, transB: { int: transB } };
  const a = transA === 1 ? [terms, rows] : [rows, terms];
  const b = transB === 1 ? [columns, terms] : [terms, columns];
  sized.push({ op: 'Gemm', attributes, inputs: [float(...a), float(...b)], outputs: result('float32', rows, columns) });
  const count = pick(2, 7, 8, 20);
  if (count * rows * columns * terms > 2e7) continue;
  const outputs = result('float32', count, rows, columns);
  sized.push({
    op: 'FusedMatMul',
    domain: microsoftDomain,
    attributes,
    inputs: [float(count, ...a), float(count, ...b)],
    outputs,
  });
  const one = rng.below(2) === 0 ? [terms, columns] : [count, terms, columns];
  sized.push({ op: 'MatMul', inputs: [float(count, rows, terms), float(...one)], outputs });
}
for (let i = 0; i < 30; i++) {
  const [images, channels, filters] = [pick(1, 2, 9), pick(3, 16, 32), pick(3, 8, 16, 64)];
  const [height, width] = [pick(4, 7, 15), pick(5, 16)];
  sized.push({
    op: 'Conv',
    attributes: convolution,
    inputs: [float(images, channels, height, width), float(filters, channels, 3, 3)],
    outputs: result('float32', images, filters, height, width),
  });
  sized.push({
    op: 'ConvTranspose',
    attributes: convolution,
    inputs: [float(images, channels, height, width), float(channels, filters, 3, 3)],
    outputs: result('float32', images, filters, height, width),
  });
  if (channels % block !== 0 || filters % block !== 0) continue;
  const shape = [images, filters, height, width];
  const inputs = [float(images, channels, height, width), float(filters, channels, 3, 3)];
  sized.push({
    op: 'Conv',
    domain: blockedDomain,
    attributes: convolution,
    inputs,
    outputs: result('float32', ...shape),
  });
}
for (let i = 0; i < 40; i++) {
  const shape = Array.from({ length: 1 + rng.below(4) }, () => pick(1, 3, 8, 33, 100));
  const axes = [...shape.keys()].filter(() => rng.below(2) === 0);
  if (axes.length === 0 || sizeOf(shape) > 1e6) continue;
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  for (const op of ['ReduceSum', 'ReduceMean'])
    sized.push({ op, inputs: [float(...shape), ints(...axes)], outputs: result('float32', ...kept) });
}

describe('what is said to give the same bytes on any number of threads', () => {
  it.each([...undivided])('%s does', async (op) => {
    expect(await tried(exampleOf(op))).toEqual({ said: true, same: true });
  });

  it.each([...ragged])('%s does of few numbers', async (op) => {
    const few: NodeSpec = { op, inputs: [float(4096)], outputs: result('float32', 4096) };
    expect(await tried(few)).toEqual({ said: true, same: true });
    expect((await tried(exampleOf(op))).said).toBe(false);
  });

  it('does at all sizes of products, convolutions and sums, and some of the others do not', async () => {
    const found = [];
    for (const spec of sized) found.push({ op: spec.op, ...(await tried(spec)) });
    expect(found.filter(({ said, same }) => said && !same)).toEqual([]);
    expect(found.filter(({ said }) => said).length).toBeGreaterThan(100);
    expect(found.filter(({ same }) => !same).length).toBeGreaterThan(0);
  });

  it('are no operators that it does not know', () => {
    const [value] = g.node({ op: 'TopK', inputs: [float(4), ints(1)], outputs: result('float32', 1) });
    expect(value.source.kind === 'node' && isUndivided(value.source.node)).toBe(false);
  });
});

describe('denormal numbers', () => {
  it('are flushed by every thread', async () => {
    const shape = [64, 4096];
    const model = encodeModel({
      inputs: [{ name: 'x', type: 'float32', shape }],
      outputs: [{ name: 'y', type: 'float32', shape }],
      nodes: [{ op: 'Mul', inputs: ['x', 'x'], outputs: ['y'] }],
    });
    const session = await openSession(model, { threads: threadsAtMost });
    const { y } = await session.run({ x: { shape, data: new Float32Array(sizeOf(shape)).fill(1e-20) } }, { y: null });
    expect((y.data as Float32Array).every((value) => value === 0)).toBe(true);
    await session.release();
  });
});
