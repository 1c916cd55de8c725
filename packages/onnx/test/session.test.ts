import { describe, expect, it } from 'vitest';
import { encodeModel, openSession } from '../src/index.js';

const model = encodeModel({
  inputs: [{ name: 'x', type: 'float32', shape: ['points', 2] }],
  outputs: [
    { name: 'half', type: 'float32', shape: ['points', 2] },
    { name: 'large', type: 'bool', shape: ['points', 2] },
  ],
  nodes: [
    { op: 'Mul', inputs: ['x', 'factor'], outputs: ['half'] },
    { op: 'Greater', inputs: ['x', 'factor'], outputs: ['large'] },
  ],
  constants: [{ name: 'factor', type: 'float32', shape: [], data: Float32Array.of(0.5) }],
});

describe('openSession', () => {
  it('says what a model takes and gives', async () => {
    const session = await openSession(model);
    expect(session.inputs).toEqual([{ name: 'x', type: 'float32', shape: ['points', 2] }]);
    expect(session.outputNames).toEqual(['half', 'large']);
    await session.release();
  });

  it('computes the outputs that are asked for, whatever their types', async () => {
    const session = await openSession(model);
    const x = { shape: [1, 2], data: Float32Array.of(4, -4) };
    const half = { shape: [1, 2], data: new Float32Array(2) };
    await session.run({ x }, { half });
    expect([...half.data]).toEqual([2, -2]);
    const results = await session.run({ x }, { large: null });
    expect(results).toEqual({ large: { type: 'bool', shape: [1, 2], data: Uint8Array.of(1, 0) } });
    await session.release();
  });

  it('refuses what is no model with the error of ONNX Runtime', async () => {
    await expect(openSession(Uint8Array.of(1, 2, 3))).rejects.toThrow(/protobuf/i);
  });
});
