import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { addMatmul, matmul, releaseMatmul } from '../src/matrices/matmul.js';
import { transpose } from '../src/matrices/transpose.js';
import { distanceOf, normals, productByDefinition } from './support/matrices.js';

afterAll(releaseMatmul);

const size = fc.integer({ min: 0, max: 40 });
const cases = fc.record({
  seed: fc.nat(),
  shape: fc.record({ m: size, k: size, n: size, transposeA: fc.boolean(), transposeB: fc.boolean() }),
});

describe('matmul', () => {
  it('is the product by definition, of either precision and any transposition and size', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ seed, shape }) => {
        const a = normals(seed, shape.m * shape.k);
        const b = normals(seed + 1, shape.k * shape.n);
        const expected = productByDefinition(a, b, shape, shape.transposeA, shape.transposeB);
        expect(distanceOf(await matmul(a, b, shape), expected)).toBeLessThan(1e-12);
        const single = await matmul(Float32Array.from(a), Float32Array.from(b), shape);
        expect(single).toBeInstanceOf(Float32Array);
        expect(distanceOf(single, expected)).toBeLessThan(1e-4);
      }),
    );
  });

  it('fills a given array, also a view into a larger one, and nothing beside it', async () => {
    const whole = new Float64Array(8).fill(-1);
    const out = whole.subarray(2, 6);
    const identity = Float64Array.of(1, 0, 0, 1);
    expect(await matmul(identity, Float64Array.of(1, 2, 3, 4), { m: 2, k: 2, n: 2 }, out)).toBe(out);
    expect([...whole]).toEqual([-1, -1, 1, 2, 3, 4, -1, -1]);
  });

  it('is zero over an empty inner dimension, whatever the target held', async () => {
    const out = new Float32Array(4).fill(NaN);
    await matmul(new Float32Array(0), new Float32Array(0), { m: 2, k: 0, n: 2 }, out);
    expect([...out]).toEqual([0, 0, 0, 0]);
  });

  it('says which array does not fit its shape', async () => {
    const promise = matmul(new Float64Array(5), new Float64Array(6), { m: 2, k: 3, n: 2 });
    await expect(promise).rejects.toMatchObject({
      code: 'NUMERICS_SHAPE',
      message: expect.stringContaining('the first operand has 5 elements where its shape has 6'),
    });
  });

  it('refuses shared memory with what to do', async () => {
    const shared = new Float64Array(new SharedArrayBuffer(8));
    await expect(matmul<Float64Array>(shared, Float64Array.of(1), { m: 1, k: 1, n: 1 })).rejects.toMatchObject({
      code: 'NUMERICS_SHARED_MEMORY',
      next: expect.stringContaining('data.slice()'),
    });
  });

  it('goes on after its sessions were released', async () => {
    const one = Float64Array.of(2);
    await releaseMatmul();
    expect([...(await matmul(one, one, { m: 1, k: 1, n: 1 }))]).toEqual([4]);
  });
});

describe('addMatmul', () => {
  it('adds to or subtracts from its target in place', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.constantFrom(1 as const, -1 as const), async ({ seed, shape }, sign) => {
        const a = normals(seed, shape.m * shape.k);
        const b = normals(seed + 1, shape.k * shape.n);
        const c = normals(seed + 2, shape.m * shape.n);
        const product = productByDefinition(a, b, shape, shape.transposeA, shape.transposeB);
        const expected = c.map((value, i) => value + sign * product[i]);
        await addMatmul(c, a, b, shape, sign);
        expect(distanceOf(c, expected)).toBeLessThan(1e-12);
      }),
    );
  });

  it('reads its operands from views of the array that its target is a view of', async () => {
    const whole = normals(1, 30);
    const [a, b, c] = [whole.subarray(0, 6), whole.subarray(7, 13), whole.subarray(20, 24)];
    const product = productByDefinition(a, b, { m: 2, k: 3, n: 2 }, false, true);
    const expected = c.map((value, i) => value - product[i]);
    const before = whole.slice();
    await addMatmul(c, a, b, { m: 2, k: 3, n: 2, transposeB: true }, -1);
    expect(distanceOf(c, expected)).toBeLessThan(1e-13);
    expect([...whole.subarray(0, 20), ...whole.subarray(24)]).toEqual([
      ...before.subarray(0, 20),
      ...before.subarray(24),
    ]);
  });
});

describe('transpose', () => {
  it('swaps rows and columns and undoes itself', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 80 }), (seed, rows, cols) => {
        const a = normals(seed, rows * cols);
        const t = transpose(a, rows, cols);
        expect(t[(cols - 1) * rows]).toBe(a[cols - 1]);
        expect(transpose(t, cols, rows)).toEqual(a);
      }),
    );
  });
});
