import { BenchError } from '@attribution-bench/contract';
import { describe, expect, it } from 'vitest';
import { buildGraph, type OnnxType, openGraph } from '../src/index.js';

const product = (type: OnnxType) =>
  buildGraph({
    inputs: [
      { name: 'a', type, shape: ['m', 'k'] },
      { name: 'b', type, shape: ['k', 'n'] },
    ],
    outputs: [{ name: 'c', type, shape: ['m', 'n'] }],
    nodes: [{ op: 'MatMul', inputs: ['a', 'b'], outputs: ['c'] }],
  });

const scale = buildGraph({
  inputs: [{ name: 'x', type: 'float32', shape: ['rows', 3] }],
  outputs: [{ name: 'y', type: 'float32', shape: ['rows', 3] }],
  nodes: [{ op: 'Mul', inputs: ['x', 'two'], outputs: ['y'] }],
  constants: [{ name: 'two', type: 'float32', shape: [], data: Float32Array.of(2) }],
});

async function failure(action: () => Promise<unknown>): Promise<BenchError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof BenchError) return error;
    throw error;
  }
  throw new Error('did not throw');
}

describe('openGraph', () => {
  it.each(['float32', 'float64'] as const)('multiplies %s matrices of any size', async (type) => {
    const program = await openGraph(product(type));
    const array = type === 'float32' ? Float32Array : Float64Array;
    const { c } = await program.run({
      a: { shape: [2, 2], data: array.of(1, 2, 3, 4) },
      b: { shape: [2, 3], data: array.of(1, 0, 2, 0, 1, 3) },
    });
    expect([...c]).toEqual([1, 2, 8, 3, 4, 18]);
    expect(c).toBeInstanceOf(array);
    await program.release();
  });

  it('finds one open size from the number of elements', async () => {
    const program = await openGraph(scale);
    const { y } = await program.run({ x: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect([...y]).toEqual([2, 4, 6, 8, 10, 12]);
    await program.release();
  });

  it('gives outputs that can be moved to another thread and do not change afterwards', async () => {
    const program = await openGraph(scale);
    const { y } = await program.run({ x: Float32Array.of(1, 2, 3) });
    await program.run({ x: Float32Array.of(7, 8, 9) });
    await program.release();
    const moved = structuredClone(y, { transfer: [y.buffer as ArrayBuffer] });
    expect([...moved]).toEqual([2, 4, 6]);
    expect(y.length).toBe(0);
  });

  it('writes into the arrays it is given, views included, and makes new ones for the rest', async () => {
    const program = await openGraph(
      buildGraph({
        inputs: [{ name: 'x', type: 'float64', shape: ['rows', 2] }],
        outputs: [
          { name: 'twice', type: 'float64', shape: ['rows', 2] },
          { name: 'negated', type: 'float64', shape: ['rows', 2] },
        ],
        nodes: [
          { op: 'Add', inputs: ['x', 'x'], outputs: ['twice'] },
          { op: 'Neg', inputs: ['x'], outputs: ['negated'] },
        ],
      }),
    );
    const buffer = new Float64Array(8).fill(9);
    const into = { twice: buffer.subarray(2, 6) };
    for (const scale of [1, 10]) {
      const x = Float64Array.of(1, 2, 3, 4).map((value) => value * scale);
      const { twice, negated } = await program.run({ x }, into);
      expect(twice).toBe(into.twice);
      expect([...buffer]).toEqual([9, 9, 2 * scale, 4 * scale, 6 * scale, 8 * scale, 9, 9]);
      expect([...negated]).toEqual([-scale, -2 * scale, -3 * scale, -4 * scale]);
    }
    const x = new Float64Array(4);
    expect(await failure(() => program.run({ x }, { thrice: x }))).toMatchObject({
      code: 'FEED_UNKNOWN',
      line: 'the program has no output "thrice", its outputs are twice, negated',
    });
    expect(await failure(() => program.run({ x }, { twice: new Float32Array(4) }))).toMatchObject({
      code: 'FEED_DTYPE',
      line: 'output "twice" is float64 [?, 2], fed float32',
    });
    await program.release();
  });

  it('says which feed is wrong and how', async () => {
    const program = await openGraph(scale);
    const x = Float32Array.of(1, 2, 3);
    expect(await failure(() => program.run({}))).toMatchObject({
      code: 'FEED_MISSING',
      line: 'input "x" was not fed, it is float32 [?, 3]',
    });
    expect(await failure(() => program.run({ x, z: x }))).toMatchObject({
      code: 'FEED_UNKNOWN',
      line: 'the program has no input "z", its inputs are x',
    });
    expect(await failure(() => program.run({ x: Int32Array.of(1, 2, 3) }))).toMatchObject({
      code: 'FEED_DTYPE',
      line: 'input "x" is float32 [?, 3], fed int32',
    });
    expect(await failure(() => program.run({ x: Float32Array.of(1, 2) }))).toMatchObject({
      code: 'FEED_SHAPE',
      line: 'input "x" is float32 [?, 3], fed 2 elements',
    });
    expect(await failure(() => program.run({ x: { shape: [3, 1], data: x } }))).toMatchObject({
      code: 'FEED_SHAPE',
      line: 'input "x" is float32 [?, 3], fed [3, 1] with 3 elements',
    });
    expect(await failure(() => program.run({ x: new Float32Array(new SharedArrayBuffer(12)) }))).toMatchObject({
      code: 'FEED_SHARED',
    });
    await program.release();
    expect(await failure(() => program.run({ x }))).toMatchObject({ code: 'PROGRAM_RELEASED' });
  });

  it('asks for a shape where more than one size is open', async () => {
    const program = await openGraph(product('float32'));
    const error = await failure(() => program.run({ a: new Float32Array(4), b: new Float32Array(4) }));
    expect(error.line).toBe(
      'input "a" is float32 [?, ?], fed 4 elements, feed { shape, data }: more than one of its sizes is open',
    );
    await program.release();
  });

  it('reports what ONNX Runtime has against a graph', async () => {
    const graph = buildGraph({
      inputs: [{ name: 'x', type: 'float32', shape: [1] }],
      outputs: [{ name: 'y', type: 'float32', shape: [1] }],
      nodes: [{ op: 'NoSuchOperator', inputs: ['x'], outputs: ['y'] }],
    });
    expect(await failure(() => openGraph(graph))).toMatchObject({
      code: 'GRAPH_REFUSED',
      message: expect.stringContaining('NoSuchOperator'),
    });
  });

  it('refuses boundary types that no program gives', () => {
    expect(() =>
      buildGraph({
        inputs: [{ name: 'x', type: 'bool', shape: [1] }],
        outputs: [{ name: 'x', type: 'bool', shape: [1] }],
        nodes: [],
      }),
    ).toThrow(/"x" is bool/);
  });

  it('frees memory when released', async () => {
    const weights = new Float32Array(1 << 20).fill(1);
    const graph = buildGraph({
      inputs: [{ name: 'x', type: 'float32', shape: [1 << 20] }],
      outputs: [{ name: 'y', type: 'float32', shape: [1 << 20] }],
      nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      constants: [{ name: 'w', type: 'float32', shape: [1 << 20], data: weights }],
    });
    const once = async () => {
      const program = await openGraph(graph);
      await program.run({ x: weights });
      await program.release();
    };
    for (let i = 0; i < 10; i++) await once();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 60; i++) await once();
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 4 * (1 << 20));
  });
});
